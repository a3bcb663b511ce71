"""Tests of one module, in memory, in milliseconds; mirrors the source tree."""
