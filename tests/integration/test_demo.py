"""The demo as a whole, on real Kafka and on the embedded tier, against what the source files say."""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ops.launcher import ProcessId, RunFile, Running, read_run, write_run
from tests.support.demo import SHIPPED, Demo, comparable, processes_of, run_demo, start_demo
from tests.support.naive_bank import NaiveBank, read_bank
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def bank() -> NaiveBank:
    return read_bank(SHIPPED)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(home: Path, running: Running) -> Demo:
    """On Kafka of the tier that the tests run on, brought up by the demo itself."""
    if running.kafka_tier == "external":
        pytest.skip("the demo counts every record of its topics, and other tests write to this Kafka")
    return run_demo(home, "--tier", running.kafka_tier)


@dataclass(frozen=True)
class Others:
    """Two more demos, at the same time, in two folders."""

    again: Demo
    """In the home of the first, throttled, so that the worker folds while history comes."""
    embedded: Demo
    """Where there is nothing but this Python."""
    embedded_home: Path


@pytest.fixture(scope="module")
def others(home: Path, demo: Demo, running: Running, tmp_path_factory: pytest.TempPathFactory) -> Others:
    """A run.json that a process gone long ago left behind is in the way of neither."""
    alone = tmp_path_factory.mktemp("embedded")
    for folder in (home, alone):
        write_run(folder / ".c360", left_behind(running))
    with ThreadPoolExecutor() as pool:
        again = pool.submit(run_demo, home, "--tier", running.kafka_tier, "--rate", "400")
        embedded = pool.submit(run_demo, alone, environment=python_alone(alone))
    return Others(again.result(), embedded.result(), alone)


def left_behind(running: Running) -> RunFile:
    """Its owner has this process's number, but was another one."""
    return RunFile(
        owner=ProcessId(pid=os.getpid(), started="long ago"),
        kafka_bootstrap="127.0.0.1:1",
        kafka_tier="maven",
        redis_url="redis://127.0.0.1:1",
        redis_tier="embedded",
        capabilities=running.capabilities,
    )


def python_alone(home: Path) -> dict[str, str]:
    """An environment without a single program on PATH, and without Java."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "PATH": str(home / "nothing-here"), "JAVA_HOME": ""}


def alerts_of(demo: Demo, kind: str) -> list[dict[str, Any]]:
    return [alert for alert in demo.dump["alerts"] if alert["kind"] == kind]


def by_account(demo: Demo, kind: str) -> Counter[str]:
    return Counter(alert["payload"]["account_id"] for alert in alerts_of(demo, kind))


def test_it_ends_well_and_says_so(demo: Demo) -> None:
    assert demo.status == 0, demo.said
    assert "Consistent: every event is accounted for" in demo.said


def test_it_leaves_no_process_behind(demo: Demo, home: Path) -> None:
    assert processes_of(home) == []
    assert not (home / ".c360" / "run.json").exists()


def test_every_event_is_counted(demo: Demo, bank: NaiveBank) -> None:
    stats = demo.dump["stats"]
    accounts, loans = len(bank.owner), len(bank.loans)
    customers = len(set(bank.owner.values()))
    signatories = sum(len(parties) for parties in bank.signatories.values())
    assert stats["by_topic"] == {
        "customer-changes": 2 * customers + signatories,
        "account-changes": accounts + bank.entries.total(),
        "loan-drawdowns": 2 * loans,
        "complaint-events": len(bank.complaints),
    }
    assert stats["events"] == sum(stats["by_topic"].values())
    assert demo.dump["dead_letters"] == []


def test_every_account_stands_at_its_last_stated_balance_with_its_entries_counted(demo: Demo, bank: NaiveBank) -> None:
    views = demo.dump["views"]
    assert set(views) == set(bank.owner.values())
    found = {
        account: (view["customer_id"], held["balance_minor"], held["entries"])
        for view in views.values()
        for account, held in view["accounts"].items()
    }
    assert found == {
        account: (owner, bank.balances.get(account), bank.entries[account]) for account, owner in bank.owner.items()
    }


def test_every_loan_is_one_drawdown_of_the_whole_amount(demo: Demo, bank: NaiveBank) -> None:
    found = {
        loan: (view["customer_id"], held["drawn_minor"], held["maturity_on"], held["status"])
        for view in demo.dump["views"].values()
        for loan, held in view["loans"].items()
    }
    assert found == {loan: (owner, amount, on.isoformat(), "open") for loan, (owner, amount, on) in bank.loans.items()}


def test_signatories_stand_in_the_owners_view(demo: Demo, bank: NaiveBank) -> None:
    found = {number: view["signatories"] for number, view in demo.dump["views"].items() if view["signatories"]}
    assert found == {number: sorted(parties) for number, parties in bank.signatories.items()}


def test_each_complaint_is_in_one_view_and_raised_one_reminder_to_the_host(demo: Demo, bank: NaiveBank) -> None:
    views = demo.dump["views"]
    held = [(complaint, number) for number, view in views.items() for complaint in view["complaints"]]
    assert sorted(held) == sorted(bank.complaints.items())
    reminders = alerts_of(demo, "complaint_reminder")
    assert Counter(alert["subject"] for alert in reminders) == Counter(f"complaint:{name}" for name in bank.complaints)
    assert {alert["to"] == views[alert["customer_id"]]["host_manager"] for alert in reminders} == {True}


def test_levels_were_crossed_and_entries_large_as_often_as_the_files_say(demo: Demo, bank: NaiveBank) -> None:
    assert by_account(demo, "large_balance") == bank.large_balances
    assert by_account(demo, "large_entry") == bank.large_entries
    assert bank.large_balances
    assert bank.large_entries


def test_a_loan_is_announced_once_its_last_thirty_days_have_begun(demo: Demo, bank: NaiveBank) -> None:
    announced = Counter(alert["payload"]["contract_id"] for alert in alerts_of(demo, "maturity"))
    assert announced == Counter(bank.maturities())
    assert announced


def test_an_alert_in_a_view_is_the_alert_on_its_topic(demo: Demo) -> None:
    in_views = {name: held for view in demo.dump["views"].values() for name, held in view["alerts"].items()}
    assert in_views == {alert["alert_id"]: alert for alert in demo.dump["alerts"]}


def test_a_second_run_folding_while_history_comes_ends_in_the_same_views_and_alerts(demo: Demo, others: Others) -> None:
    again = others.again
    assert again.status == 0, again.said
    assert comparable(again.dump["views"]) == comparable(demo.dump["views"])
    assert comparable(again.dump["alerts"]) == comparable(demo.dump["alerts"])


def test_with_python_alone_the_embedded_tier_ends_in_the_same_views_and_alerts(demo: Demo, others: Others) -> None:
    alone = others.embedded
    assert alone.status == 0, alone.said
    assert alone.dump["tier"] == "embedded"
    assert comparable(alone.dump["views"]) == comparable(demo.dump["views"])
    assert comparable(alone.dump["alerts"]) == comparable(demo.dump["alerts"])
    assert processes_of(others.embedded_home) == []


def worker_of(home: Path) -> ProcessId | None:
    run = read_run(home / ".c360")
    return None if run is None else run.processes.get("worker")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_however_a_demo_is_ended_it_leaves_no_process_behind(number: signal.Signals, tmp_path: Path) -> None:
    with start_demo(tmp_path, "--tier", "embedded", "--rate", "10") as process:
        eventually(lambda: worker_of(tmp_path), within=60)
        assert len(processes_of(tmp_path)) > 4
        process.send_signal(number)
        assert process.wait(120) == (130 if number is signal.SIGTERM else -number)
    eventually(lambda: not processes_of(tmp_path), within=60)


def test_a_dump_without_once_is_refused_in_words(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "ops", "demo", "--dump", str(tmp_path / "x.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--dump needs --once" in done.stderr
