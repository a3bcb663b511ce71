"""The peers of the benchmark: the same job, written the usual way, each a program of its own."""
