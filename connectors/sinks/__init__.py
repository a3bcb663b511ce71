"""Sinks: what carries views and alerts from Kafka to their readers."""
