"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version
from typing import Any

from ops.launcher import Running

__all__ = ["machine_facts"]


def machine_facts(running: Running) -> dict[str, Any]:
    """Processor, memory, load of the last minute, versions, and where Kafka and Redis came from."""
    libraries = ("faust-streaming", "aiokafka", "confluent-kafka", "redis", "pydantic", "orjson")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "kafka": f"Kafka: {running.kafka_tier}, Redis: {running.redis_tier}",
        "transactions": running.capabilities.transactions,
        "libraries": {name: version(name) for name in libraries},
    }
