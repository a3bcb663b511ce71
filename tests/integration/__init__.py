"""Tests that start real brokers, stores and processes."""
