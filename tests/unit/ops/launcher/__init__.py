"""Unit tests of the launcher."""
