"""Open files: each connection is one, and the system allows a process so many."""

import logging
import resource
from typing import Final

__all__ = ["allow", "connections_within"]

_BESIDE: Final = 512
"""Open files other than connections of those who ask."""

logger = logging.getLogger("c360.api")


def allow(files: int) -> int:
    """Let this process, and those it starts, open so many; how many of them the system does allow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


def connections_within(wanted: int) -> int:
    """As many connections as are wanted, or as the open files allow: whoever comes beyond them can be told so."""
    files = wanted + _BESIDE
    most = allow(files)
    if most == files:
        return wanted
    fitting = max(1, most - _BESIDE)
    logger.warning(
        "The system allows %s open files, so %s connections are taken and not %s (C360_API_CONNECTIONS): raise the "
        "limit of open files to %s (ulimit -n, LimitNOFILE=, ulimits)",
        most,
        fitting,
        wanted,
        files,
    )
    return fitting
