"""Runs one command so that it can't outlive whoever started it, not even after kill -9.

Started by file name, with the standard library alone: `guard.py GRACE_SECONDS COMMAND...`. The launcher holds the
write end of the guard's stdin and never writes. End of file there means the launcher is gone, however it ended.
On Linux the kernel also kills the command when the guard itself is killed. Says `pid N` or `error TEXT` on stdout.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

PR_SET_PDEATHSIG = 1
EXIT_NOT_STARTED = 127


def main(arguments: list[str]) -> int:
    """Run the command until it ends, this process is told to stop, or the launcher is gone."""
    grace, command = float(arguments[0]), arguments[1:]
    wakeups = _wake_on_signals()
    log = os.fdopen(os.dup(2), "wb")
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_die_with_me,  # noqa: PLW1509 - this process has one thread
        )
    except OSError as error:
        _say(f"error {error}")
        return EXIT_NOT_STARTED
    _say(f"pid {child.pid}")
    _wait(child, wakeups)
    return _end(child, grace)


def _say(line: str) -> None:
    # The launcher may be gone already; then end of file on stdin says so.
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _wake_on_signals() -> int:
    """A descriptor that becomes readable when a child ends or a stop is asked for."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)

    def stay(_signal: int, _frame: FrameType | None) -> None:
        """Being caught is enough: the wake-up descriptor tells the loop."""

    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stay)
    return read


def _die_with_me() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(child: subprocess.Popen[bytes], wakeups: int) -> None:
    while child.poll() is None:
        ready, _, _ = select.select([0, wakeups], [], [])
        if 0 in ready and not os.read(0, 1):
            return
        if wakeups in ready and set(os.read(wakeups, 64)) - {signal.SIGCHLD}:
            return


def _end(child: subprocess.Popen[bytes], grace: float) -> int:
    """Ask the command to stop, then kill it and whatever it started."""
    if child.poll() is None:
        child.terminate()
        # A frozen process can't hear the request; it is woken to hear it.
        child.send_signal(signal.SIGCONT)
        deadline = time.monotonic() + grace
        while child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
