"""The command line as a person meets it."""

import os
import subprocess
import sys

COMMAND = [sys.executable, "-c", "from ops.cli import main; main()"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )


def test_a_wrong_setting_is_one_line_on_stderr_and_exit_code_2() -> None:
    done = run("settings", C360_PARTITIONS="many")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Setting partitions (C360_PARTITIONS) is 'many': it should be a valid integer")
    assert len(done.stderr.splitlines()) == 1


def test_settings_come_from_the_environment_also_by_their_common_names() -> None:
    done = run("settings", KAFKA_BOOTSTRAP="there:9092", C360_CLOCK="event", COLUMNS="200")
    assert done.returncode == 0
    assert "there:9092" in done.stdout


def test_help_lists_every_command_without_loading_what_they_need() -> None:
    program = (
        "import sys; from ops.cli import app; "
        "heavy = {'confluent_kafka', 'faust', 'redis', 'docker', 'testcontainers', 'pydantic'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "up" in run("--help").stdout
