"""`c360 doctor`: looks at settings, this machine, Kafka and Redis, and says what is wrong and what cures it."""

from ops.doctor.examination import examine
from ops.doctor.findings import Finding

__all__ = ["Finding", "examine"]
