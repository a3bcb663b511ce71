"""The contracts: every event, section, alert and topic, as models and nothing else."""
