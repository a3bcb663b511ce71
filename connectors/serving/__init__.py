"""Serving: lookups of views for people and programs."""
