"""Hosts that no other machine can be behind."""

from typing import Final

__all__ = ["LOOPBACK"]

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
