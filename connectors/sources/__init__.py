"""Sources: files, feeds and generators that publish canonical events."""
