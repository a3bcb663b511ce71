"""A rebuild of the views: another generation beside the one in force, compared, switched to, rolled back, dropped."""
