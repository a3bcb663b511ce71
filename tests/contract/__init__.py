"""One suite per port, run against its fake and the real thing."""
