"""Memory that a take-over used and nothing needs any more."""

import ctypes

__all__ = ["give_back"]


def give_back() -> None:
    """Return to the system what malloc keeps free; nothing where malloc is not glibc's.

    A take-over leaves librdkafka's queues and a changelog's fetches behind, which malloc would keep for a next time.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
