"""Rules as data on a real broker: `c360 rules`, and a rule changed under load with two workers."""

import json
import subprocess
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any, Self

import pytest
import yaml

from connectors.sources.publishing import create_producer
from ops.rule_changes import rules_in
from ops.rules import DEFAULT_RULE_FILE
from schemas.topics import TOPICS
from tests.support.builders import a_customer, an_entry
from tests.support.system import (
    WorkerProcess,
    committed_records,
    empty_topics,
    ending,
    group_positions,
    input_ends,
    produce,
)
from tests.support.waiting import eventually
from tests.unit.ops.test_cli import run

CUSTOMERS = 40
SHIPPED = len(rules_in(DEFAULT_RULE_FILE))
"""So many records stand in `alert-rules` before a test puts any."""
ALWAYS, ONLY_AFTER = 60_000_00, 30_000_00
WHY = ("--why", "The desk asked for it.", "--by", "jnovak")


def c360(bootstrap: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(*arguments, KAFKA_BOOTSTRAP=bootstrap, COLUMNS="200")


def a_rule_file(folder: Path, **fields: Any) -> str:
    rule = {"id": "large-entry", "kind": "large_entry", "severity": "notice", "threshold": "20000.00", **fields}
    file = folder / "rule.yaml"
    file.write_text(yaml.safe_dump(rule))
    return str(file)


def test_a_rule_is_seeded_put_shown_compared_disabled_and_remembered(kafka_bootstrap: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    assert c360(kafka_bootstrap, "rules", "seed").stdout == "All of these rules are there already.\n"
    file = a_rule_file(tmp_path)
    changed = "large-entry: version 1\n    threshold: 50000.00 -> 20000.00\n"
    assert c360(kafka_bootstrap, "rules", "diff", file).stdout.startswith(changed)
    assert c360(kafka_bootstrap, "rules", "put", file, *WHY).stdout == f"large-entry: version {SHIPPED} is in force\n"
    assert c360(kafka_bootstrap, "rules", "put", file, *WHY).stdout == f"large-entry: unchanged, version {SHIPPED}\n"
    shown = c360(kafka_bootstrap, "rules", "show", "large-entry").stdout
    assert yaml.safe_load(shown)["threshold"] == "20000.00"
    assert "by jnovak" in shown
    disabled = c360(kafka_bootstrap, "rules", "disable", "large-entry", *WHY).stdout
    assert disabled.endswith(f"version {SHIPPED + 1} is in force\n")
    told = c360(kafka_bootstrap, "rules", "history", "large-entry").stdout.splitlines()
    assert [line.strip() for line in told if line.startswith("    ")] == [
        "first version",
        "threshold: 50000.00 -> 20000.00",
        "enabled: true -> false",
    ]
    assert "jnovak: The desk asked for it." in told[2]
    assert "│ large-entry" in c360(kafka_bootstrap, "rules", "list").stdout


def test_a_wrong_rule_is_refused_in_one_sentence_and_nothing_is_put(kafka_bootstrap: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    wrong = (
        ({"treshold": 1}, "rule.yaml: treshold is not a name known here."),
        ({"threshold": "-1"}, "rule.yaml: threshold should be greater than 0."),
    )
    for fields, said in wrong:
        done = c360(kafka_bootstrap, "rules", "put", a_rule_file(tmp_path, **fields), *WHY)
        assert done.returncode == 2
        assert said in done.stderr
    assert len(committed_records(kafka_bootstrap, ["alert-rules"])) == SHIPPED


def test_a_worker_without_rules_says_what_to_run_and_does_not_fold(kafka_bootstrap: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap, seeded=False)
    worker = WorkerProcess(kafka_bootstrap, "no-rules", tmp_path, "worker").start()
    assert worker.wait() == 2
    assert "run `c360 rules seed` once" in worker.log


def test_a_dry_run_forecasts_beside_todays_rules_and_writes_nothing(kafka_bootstrap: str, tmp_path: Path) -> None:
    empty_topics(kafka_bootstrap)
    entries = [
        an_entry(customer_id=f"C{n}", event_id=f"E{n}", source_seq=1, amount_minor=ALWAYS if n % 3 else ONLY_AFTER)
        for n in range(9)
    ]
    known = [a_customer(customer_id="C0", event_id="R0", home_branch="BR-1")]
    produce(kafka_bootstrap, [("customer-changes", e.customer_id, e.model_dump_json().encode()) for e in known])
    produce(kafka_bootstrap, [("account-changes", e.customer_id, e.model_dump_json().encode()) for e in entries])
    before = len(committed_records(kafka_bootstrap, list(TOPICS)))
    file = a_rule_file(tmp_path)
    done = c360(kafka_bootstrap, "rules", "try", file, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["rule"] == {"today": {"large-entry": 6}, "candidate": {"large-entry": 9}}
    assert told["day"]["candidate"] == {"2020-03-02": 9}
    assert told["manager"]["candidate"] == {"customer-desk": 9}
    assert told["branch"]["candidate"] == {"(none)": 8, "BR-1": 1}
    later = c360(kafka_bootstrap, "rules", "try", file, "--since", "2020-03-03")
    assert later.stdout.startswith("rule ")
    assert "large-entry" not in later.stdout
    assert len(committed_records(kafka_bootstrap, list(TOPICS))) == before


class Load:
    """Entries without end, half of them large by the old rule and half by the new one only, until told to stop."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = create_producer(bootstrap)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        assert self._producer.flush(30) == 0

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            customer, seq = f"C{number % CUSTOMERS}", number // CUSTOMERS + 1
            amount = ALWAYS if seq % 2 else ONLY_AFTER
            entry = an_entry(
                customer_id=customer,
                account_id=f"A-{customer}",
                event_id=f"{customer}:{seq}",
                source_seq=seq,
                amount_minor=amount,
            )
            self._producer.produce("account-changes", entry.model_dump_json(), customer)
            # Serving the reports for a moment is the pace: some hundred entries a second, over many flushes.
            self._producer.poll(0.002)
            number += 1


def raised_by(bootstrap: str) -> dict[int, dict[int, int]]:
    """Partition -> offset of the causing entry -> version of the rule that raised; no alert twice."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for message in committed_records(bootstrap, ["alerts.balance"]):
        alert = json.loads(message.value())
        if alert["kind"] == "large_entry":
            (cause,) = alert["proof"]["causes"]
            assert cause["offset"] not in found[cause["partition"]], "an entry raised twice"
            found[cause["partition"]][cause["offset"]] = alert["proof"]["rule_version"]
    return found


@pytest.mark.kafka
def test_a_rule_changed_under_load_with_two_workers_loses_nothing_and_doubles_nothing(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    empty_topics(kafka_bootstrap)
    group = "rules-under-load"
    workers = [WorkerProcess(kafka_bootstrap, group, tmp_path, name).start() for name in ("one", "two")]
    with ending(*workers):
        eventually(lambda: all("Took over partitions [" in worker.log for worker in workers), within=60)
        with Load(kafka_bootstrap):
            eventually(lambda: len(raised_by(kafka_bootstrap)) == 4, within=60)
            put = c360(kafka_bootstrap, "rules", "put", a_rule_file(tmp_path), *WHY)
            assert put.stdout == f"large-entry: version {SHIPPED} is in force\n"
            eventually(lambda: all(f"large-entry {SHIPPED}" in worker.log for worker in workers), within=60)
            eventually(
                lambda: sum(SHIPPED in versions.values() for versions in raised_by(kafka_bootstrap).values()) == 4,
                within=60,
            )
        eventually(lambda: group_positions(kafka_bootstrap, group) == input_ends(kafka_bootstrap), within=60)
    raised = raised_by(kafka_bootstrap)
    entries: dict[int, dict[int, int]] = defaultdict(dict)
    for message in committed_records(kafka_bootstrap, ["account-changes"]):
        entries[message.partition()][message.offset()] = json.loads(message.value())["amount_minor"]
    for partition, amounts in entries.items():
        versions = raised[partition]
        # The rule changed between two entries of the partition: the old one raised before, the new one from there on.
        change = min(offset for offset, version in versions.items() if version == SHIPPED)
        expected = {
            offset: SHIPPED if offset >= change else 1
            for offset, amount in amounts.items()
            if amount == ALWAYS or offset >= change
        }
        assert versions == expected
