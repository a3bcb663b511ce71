"""Where a partition's sections lie at rest: in memory or on disk, behind one port."""
