"""The demo: the whole system on one machine, a bank's history replayed through it, and the proof that all is there."""
