"""How many connections the open files allow."""

import subprocess
import sys

import pytest

ASKED = """
import logging, resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
logging.basicConfig()
from ops.open_files import connections_within
print(connections_within({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "taken", "allowed_then"),
    [(300, 1_000, 200, 200, 712), (1_000, 1_000, 200, 200, 1_000), (300, 700, 12_000, 188, 700)],
    ids=["the soft limit is raised", "a wide one stays", "the hard limit is the limit"],
)
def test_so_many_connections_are_taken_as_open_files_allow(
    soft: int, hard: int, wanted: int, taken: int, allowed_then: int
) -> None:
    # In a process of its own: who lowers his hard limit can't raise it again.
    program = ASKED.format(soft=soft, hard=hard, wanted=wanted)
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == [str(taken), str(allowed_then)]
    if taken < wanted:
        assert f"{taken} connections are taken and not {wanted}" in answer.stderr
        assert "ulimit -n" in answer.stderr
