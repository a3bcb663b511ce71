"""Child processes that end with whoever started them, and write their output to a log file."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.launcher import guard
from ops.launcher.service import Unavailable


class Child:
    """A running command under its guard. `pid` is the command's own, so it can be frozen or killed by it."""

    def __init__(self, name: str, process: subprocess.Popen[str], pid: int, log: Path) -> None:
        self.name = name
        self.pid = pid
        self.log = log
        self._guard = process

    @property
    def returncode(self) -> int | None:
        """None while it runs, else its exit code; 128 + N when signal N ended it."""
        return self._guard.poll()

    def alive(self) -> bool:
        """Whether the command still runs (a frozen one does)."""
        return self.returncode is None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; its exit code. Raises TimeoutError."""
        try:
            return self._guard.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"{self.name} still runs after {timeout} s") from None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the command itself, such as SIGSTOP or SIGCONT."""
        if self.alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it at once, as a crash would, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._reap()

    def ask_to_stop(self) -> None:
        """Ask it to stop, and have it killed after its grace, without waiting for either."""
        if self.alive():
            self._guard.terminate()

    def stop(self) -> int:
        """Ask it to stop, kill it after its grace, wait until it is gone; the exit code. May be repeated."""
        self.ask_to_stop()
        return self._reap()

    def _reap(self) -> int:
        code = self._guard.wait()
        for pipe in (self._guard.stdin, self._guard.stdout):
            if pipe is not None:
                pipe.close()
        return code

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for an error message."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start_child(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    grace: float = 10.0,
) -> Child:
    """Start the command in a session of its own, output appended to `log`; Unavailable if it can't be.

    When this process ends, in whatever way, the command is asked to stop and killed after `grace` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            # By path and without site-packages, so that the guard starts in milliseconds.
            [sys.executable, "-I", "-S", guard.__file__, str(grace), *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,
            env=None if env is None else dict(env),
            cwd=cwd,
        )
    assert process.stdout is not None
    said, _, rest = process.stdout.readline().strip().partition(" ")
    if said != "pid":
        process.wait()
        raise Unavailable(f"{name} could not be started: {rest or 'see ' + str(log)}")
    return Child(name, process, int(rest), log)
