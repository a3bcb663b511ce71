"""A bank that never was: events of every kind, at any scale, the same for the same numbers."""

from connectors.sources.generator.bank import GeneratedBank

__all__ = ["GeneratedBank"]
