"""The benchmark: c360 beside plain Faust on the same records, throughput and latency, measured from outside."""
