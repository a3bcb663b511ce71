"""The commands of `c360`, one module each."""
