"""Loops that wire topics to the engine; decisions about banking live in folds and rules."""
