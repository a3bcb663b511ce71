"""The benchmarks of lookups at their smallest: what they hold answers, audit and alerts to, holds."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ops.bench import lookup_api, lookups, streams

pytestmark = [pytest.mark.slow, pytest.mark.kafka]


@pytest.fixture(autouse=True)
def _beside_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a user who may not come before others, with a Kafka of the launcher's size."""

    def no_sooner(which: int, who: int, turn: int) -> None:
        if turn < os.getpriority(which, who):
            raise PermissionError

    monkeypatch.setattr(os, "setpriority", no_sooner)
    monkeypatch.setenv("KAFKA_HEAP_OPTS", "-Xms256m -Xmx256m")


def test_the_api_gives_each_role_its_answers_and_audits_every_one() -> None:
    # Another Kafka of this process's may begin and end compilers meanwhile.
    of_the_tests = set(_begun_by(os.getpid()))
    told = lookup_api.measured(customers=300, rate=100, seconds=1, warm_up_seconds=1)
    kafka, first = next(told), next(told)
    policies = set(_policies_of_compilers(set(_begun_by(os.getpid())) - of_the_tests))
    assert policies == {os.SCHED_IDLE}, f"{kafka}: Java's compilers run before who asks"
    *others, audited = told
    assert first.startswith("Sees all, 100/s: Load(asked=100")
    assert [line.split(",")[0] for line in others] == ["Much is masked", "Nothing looked up"]
    # Of both roles: those that were held to what was written, those that warmed up, those that were measured.
    assert audited == f"Audit trail: a record for each of the {2 * (lookup_api.PROVED + 100) + 100 + 10} answers"


def test_the_client_finds_who_is_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["lookups", "--customers", "300", "--rate", "100", "--seconds", "1"])
    lookups.main()
    assert "asked=100" in capsys.readouterr().out


def test_each_follower_gets_the_alerts_of_his_customer_once() -> None:
    kafka, *told = streams.measured(streams=20, rate=50, alerts=20, seconds=1)
    assert "20 followers" in kafka
    assert any("alert" in line for line in told), told


def _policies_of_compilers(processes: Iterable[int]) -> Iterator[int]:
    """How the system gives each of Java's compilers in these its turn."""
    for process in processes:
        # A thread may end meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            for thread in Path(f"/proc/{process}/task").iterdir():
                if "Compiler" in thread.joinpath("comm").read_text():
                    yield os.sched_getscheduler(int(thread.name))


def _begun_by(parent: int) -> Iterator[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            for child in map(int, thread.joinpath("children").read_text().split()):
                yield child
                yield from _begun_by(child)
