"""The engine: events in, customer views and alerts out."""
