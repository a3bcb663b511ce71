"""The image of ops/Dockerfile, as far as it can be had without an engine; slow: it fetches every package."""

from pathlib import Path

import pytest

from tests.support.image import built
from tests.support.summary import not_covered

pytestmark = [pytest.mark.chaos, pytest.mark.slow]


def test_the_steps_of_the_image_make_a_c360_that_runs_without_root(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with built(tmp_path) as image:
        if image is None:
            why = "this user may mount no file systems, so they can't be run beside the machine's own files"
            not_covered(request, "tests of the image's steps", why)
        shown = image.run([*image.entrypoint, *image.command])
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "c360" in shown.stdout
        who = image.run(["python", "-c", "import os, sys; print(os.getuid(), os.getcwd(), sys.prefix)"])
        assert who.stdout.split() == ["10001", "/var/lib/c360", "/opt/c360"]
        assert image.run(["python", "-m", "pip", "check"]).stdout.strip() == "No broken requirements found."
        examined = image.run([*image.entrypoint, "doctor", "--json"])
        assert examined.returncode == 1, examined.stderr
        assert "No Kafka to talk to" in examined.stdout
        assert "Traceback" not in examined.stdout + examined.stderr
        for command in ("worker", "projector", "api", "deliver"):
            refused = image.run([*image.entrypoint, command])
            assert refused.returncode == 2, refused.stderr
            assert len(refused.stderr.splitlines()) == 1
        written = image.run(["/bin/sh", "-c", "touch /opt/c360/written /etc/written"])
        assert written.returncode != 0
