"""How many examples a property gets: HYPOTHESIS_PROFILE=dev (default), ci (few, always the same), soak (many)."""

import os

from hypothesis import HealthCheck, settings

COMMON = settings(
    deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("dev", COMMON, max_examples=100)
settings.register_profile("ci", COMMON, max_examples=50, derandomize=True, database=None)
settings.register_profile("soak", COMMON, max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
