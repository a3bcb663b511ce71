"""Property tests: any order, any batches, any crash, against the oracle."""
