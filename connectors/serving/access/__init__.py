"""Who may see what: roles as data, row scope and masking, applied at one door. Pure."""
