"""The doors of the engine: what brings events in and what carries views and alerts out."""
