"""The lookup API: views, lists and changes over HTTP, each answer permitted, audited and dated."""
