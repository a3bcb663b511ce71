"""What may be wrong around c360, fault by fault: doctor, every process and the commands that write name it in one line.

The table says of each fault what each of them says, or why the fault is none of its business. Each row plants its
fault in a real Kafka, Redis or file system and runs all that it concerns at once, as processes of their own.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx
import pytest
import yaml

from connectors.serving.tokens.machines import new_key
from schemas.topics import TOPICS
from tests.support import faults
from tests.support.bank import Bank
from tests.support.forked import Forked, running_all
from tests.support.summary import not_covered
from tests.support.system import empty_topics
from tests.support.waiting import eventually

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "doctor": ("doctor", "--json"),
    "worker": ("worker",),
    "projector": ("projector",),
    "deliverer": ("deliver",),
    "api": ("api",),
    "dlq replay": ("dlq", "replay", "--all"),
    "rebuild start": ("rebuild", "start"),
    "project rebuild": ("project", "rebuild"),
}


@dataclass(frozen=True)
class Finds:
    """The doctor's one finding that is not well."""

    said: str
    cure: str
    state: str = "fault"


@dataclass(frozen=True)
class Ends:
    """It says this in one line, and nothing else but how it began, and ends with this status."""

    said: str
    status: int = 2


@dataclass(frozen=True)
class GoesOn:
    """It waits or does without, says so in one line, once, and its metrics show it."""

    said: str
    shown: Mapping[str, float]
    """Name with labels -> the least value that it comes to have, or 0 for one that has to be 0."""


@dataclass(frozen=True)
class Spared:
    """It is not run: the fault is none of its business."""

    because: str


Cell = Finds | Ends | GoesOn | Spared
Plant = Callable[[Bank, ExitStack], dict[str, str]]


@dataclass(frozen=True)
class Fault:
    """A row: how it is planted (what changes in the settings), and a cell for each command."""

    plant: Plant
    cells: Mapping[str, Cell]


def everybody(finding: Finds, ends: Ends) -> dict[str, Cell]:
    """One sentence of all."""
    cells: dict[str, Cell] = dict.fromkeys(COMMANDS, ends)
    cells["doctor"] = finding
    return cells


NO_REDIS: Final = Spared("it uses no Redis")
TOPICS_ALONE: Final = Spared("it reads as many partitions as there are; workers, who alone write by them, do not start")
READS_ALONE: Final = Spared("it only reads, and that goes on as before")
SERVED_UNTIL_IT_ENDS: Final = Spared("a broker serves until its disk is full, and then ends: Kafka does not answer")
NOT_ITS_FILE: Final = Spared("it writes no file")


FAULTS: Final[Mapping[str, Fault]] = {
    "a wrong setting": Fault(
        faults.a_wrong_setting,
        everybody(
            Finds("C360_PARTITION is not a setting of c360", "Correct the variable: `c360 settings` lists each"),
            Ends("C360_PARTITION is not a setting of c360: did you mean C360_PARTITIONS?"),
        ),
    ),
    "no topics": Fault(
        partial(faults.topics_missing, TOPICS),
        {
            "doctor": Finds("There is no topic account-changes, alert-actions, ", "Run `c360 topics create`."),
            "worker": Ends("Kafka at {kafka} lacks the topics account-changes, alert-actions, "),
            "projector": GoesOn(
                "view-generations can't be read from Kafka at {kafka}: it has no topic view-generations: run `c360 ",
                {'c360_projector_dependency_up{dependency="kafka"}': 0},
            ),
            "deliverer": GoesOn(
                "kafka at {kafka} is not available: Subscribed topic not available: alerts.",
                {'c360_deliverer_dependency_up{dependency="kafka"}': 0},
            ),
            "api": GoesOn("Changes of views in Kafka at {kafka} can't be followed (", {}),
            "dlq replay": Ends("Kafka at {kafka} has no topic dead-letter-decisions: run `c360 topics create`"),
            "rebuild start": Ends("Kafka at {kafka} lacks the topics account-changes, alert-actions, "),
            "project rebuild": Ends("Kafka at {kafka} has no topic view-generations: run `c360 topics create`"),
        },
    ),
    "a missing topic of each": Fault(
        partial(faults.topics_missing, ("alerts.balance", "customer-views", "dead-letters")),
        {
            "doctor": Finds(
                "There is no topic alerts.balance, customer-views, dead-letters.", "Run `c360 topics create`."
            ),
            "worker": Ends("Kafka at {kafka} lacks the topics alerts.balance, dead-letters: run `c360 topics create`"),
            "projector": GoesOn(
                "kafka at {kafka} is not available: it has no topic customer-views: run `c360 topics create`",
                {'c360_projector_dependency_failures_total{dependency="kafka"}': 3},
            ),
            "deliverer": GoesOn(
                "kafka at {kafka} is not available: Subscribed topic not available: alerts.balance: ",
                {'c360_deliverer_dependency_up{dependency="kafka"}': 0},
            ),
            "api": GoesOn("Changes of views in Kafka at {kafka} can't be followed (", {}),
            "dlq replay": Ends("Kafka at {kafka} has no topic dead-letters: run `c360 topics create`"),
            "rebuild start": Ends("Kafka at {kafka} lacks the topics alerts.balance, dead-letters: run"),
            "project rebuild": GoesOn(
                "kafka at {kafka} is not available: it has no topic customer-views: run `c360 topics create`", {}
            ),
        },
    ),
    "a topic with another partition count": Fault(
        faults.an_odd_topic,
        {
            "doctor": Finds("Topic clock has 3 partitions where 2 are needed.", "Set C360_PARTITIONS=3 if all have so"),
            "worker": Ends("Kafka at {kafka} differ in their partition counts (clock 3, the others 2): all must have"),
            "rebuild start": Ends(
                "Kafka at {kafka} differ in their partition counts (clock 3, the others 2): all must"
            ),
            **dict.fromkeys(("projector", "deliverer", "api", "dlq replay", "project rebuild"), TOPICS_ALONE),
        },
    ),
    "an expired certificate of Kafka": Fault(
        faults.an_expired_certificate_of_kafka,
        everybody(
            Finds("Kafka at {kafka} is not trusted, its certificate has expired.", "It has to be renewed there."),
            Ends("Kafka at {kafka} is not trusted, its certificate has expired: it has to be renewed there."),
        ),
    ),
    "a wrong password of Kafka": Fault(
        partial(faults.a_wrong_password, "KAFKA"),
        everybody(
            Finds("Kafka at {kafka} refuses user or password.", "Correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE"),
            Ends("Kafka at {kafka} refuses user or password: correct C360_KAFKA_USER and C360_KAFKA_PASSWORD_FILE"),
        ),
    ),
    "a Kafka that is too old": Fault(
        faults.an_old_kafka,
        everybody(
            Finds("Kafka at {kafka} is older than 2.5, and could not keep two workers apart.", "Upgrade it."),
            Ends("Kafka at {kafka} is older than 2.5, and could not keep two workers apart: upgrade it."),
        ),
    ),
    "an expired certificate of Redis": Fault(
        faults.an_expired_certificate_of_redis,
        {
            **everybody(
                Finds("@{redis}/0 can't be used, its certificate has expired.", "It has to be renewed there."),
                Ends("@{redis}/0 can't be used, its certificate has expired: it has to be renewed there."),
            ),
            **dict.fromkeys(("worker", "dlq replay", "rebuild start"), NO_REDIS),
        },
    ),
    "a wrong password of Redis": Fault(
        partial(faults.a_wrong_password, "REDIS"),
        {
            **everybody(
                Finds("@{redis}/0 can't be used, it refuses user or password (", "Correct C360_REDIS_USER and"),
                Ends(
                    "@{redis}/0 can't be used, it refuses user or password (invalid username-password pair or user is "
                ),
            ),
            **dict.fromkeys(("worker", "dlq replay", "rebuild start"), NO_REDIS),
        },
    ),
    "a Redis that evicts": Fault(
        faults.a_redis_that_evicts,
        {
            "doctor": Finds(
                "{redis} has maxmemory-policy allkeys-lru: when full it throws", "Set maxmemory-policy noev"
            ),
            "projector": GoesOn(
                "Redis at {redis} has maxmemory-policy allkeys-lru, so that when it is full it throws away views",
                {"c360_projector_redis_evicts": 1},
            ),
            "deliverer": GoesOn("Redis at {redis} has maxmemory-policy allkeys-lru, so that when it is full it ", {}),
            "project rebuild": Ends("Redis at {redis} has maxmemory-policy allkeys-lru, so that when it is full ", 0),
            "api": Spared("it only reads, as a user who may not ask for the policy; who writes says it"),
            **dict.fromkeys(("worker", "dlq replay", "rebuild start"), NO_REDIS),
        },
    ),
    "a Redis that is read-only": Fault(
        faults.a_replica,
        {
            "doctor": Finds(
                "{redis} is a replica and takes no writes: ", "Set C360_REDIS_URL to the primary, or promote"
            ),
            "projector": GoesOn(
                "redis at {redis} is not available: it is a replica and takes no writes: name its primary in",
                {'c360_projector_dependency_failures_total{dependency="redis"}': 3},
            ),
            "deliverer": GoesOn(
                "The contact budget can't be asked (redis at {redis} is not available: it is a replica and",
                {'c360_deliverer_dependency_failures_total{dependency="redis"}': 1},
            ),
            "project rebuild": Ends(
                "redis at {redis} is not available: it is a replica and takes no writes: name its "
            ),
            "api": READS_ALONE,
            **dict.fromkeys(("worker", "dlq replay", "rebuild start"), NO_REDIS),
        },
    ),
    "a full disk of Redis": Fault(
        faults.a_redis_whose_disk_is_full,
        {
            "doctor": Finds("{redis} takes no writes: ", "Give it memory and disk, as it says"),
            "projector": GoesOn(
                "redis at {redis} is not available: it can't write to its disk (MISCONF",
                {'c360_projector_dependency_failures_total{dependency="redis"}': 3},
            ),
            "deliverer": GoesOn(
                "The contact budget can't be asked (redis at {redis} is not available: it can't write to its",
                {'c360_deliverer_dependency_failures_total{dependency="redis"}': 1},
            ),
            "project rebuild": Ends("redis at {redis} is not available: it can't write to its disk (MISCONF"),
            "api": READS_ALONE,
            **dict.fromkeys(("worker", "dlq replay", "rebuild start"), NO_REDIS),
        },
    ),
    "a disk of Kafka that is all but full": Fault(
        faults.an_all_but_full_disk_of_kafka,
        {
            "doctor": Finds(
                " MiB are free where broker 1 of Kafka at {kafka} keeps its logs (", "Make room, or shorten"
            ),
            **dict.fromkeys((name for name in COMMANDS if name != "doctor"), SERVED_UNTIL_IT_ENDS),
        },
    ),
    "a full disk of the home": Fault(
        faults.a_full_disk_of_the_home,
        {
            "doctor": Finds(
                "Only 0 MiB are free on the disk of {home}.", "Make room, or set C360_HOME to a larger disk."
            ),
            "worker": Ends("Worker stopped: the store at {home}/worker/stores/c360-table/", 70),
            "projector": Ends("The secret of the indexes can't be had from {home}/index.key: "),
            "api": Ends("The secret of the indexes can't be had from {home}/index.key: "),
            "project rebuild": Ends("The secret of the indexes can't be had from {home}/index.key: "),
            "rebuild start": Spared("it is a worker, and says what a worker says"),
            **dict.fromkeys(("deliverer", "dlq replay"), NOT_ITS_FILE),
        },
    ),
}


@pytest.fixture(scope="module")
def known_bank(bank: Bank) -> Bank:
    """With its topics, and the files that API and deliverer ask for."""
    empty_topics(bank.kafka.address("PLAIN"), 2)
    _, hashed = new_key()
    machines = {"machines": [{"name": "desk", "role": "call_centre", "key_sha256": hashed}]}
    (bank.folder / "machines.yaml").write_text(yaml.safe_dump(machines))
    delivery: dict[str, Any] = {"channels": {}, "routes": [], "budget": {"notice": {"per_customer": 3}}}
    (bank.folder / "budget.yaml").write_text(yaml.safe_dump(delivery))
    return bank


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_place_and_its_cure_in_one_line_by_all_whom_it_concerns(
    known_bank: Bank, name: str, request: pytest.FixtureRequest
) -> None:
    fault = FAULTS[name]
    assert fault.cells.keys() == COMMANDS.keys()
    with ExitStack() as ends:
        try:
            changed = fault.plant(known_bank, ends)
        except faults.NoDisk as lack:
            not_covered(request, "faults of full disks", str(lack))
        variables = settings_of(known_bank, changed)
        concerned = {who: cell for who, cell in fault.cells.items() if not isinstance(cell, Spared)}
        started = {who: Forked(COMMANDS[who], variables) for who in concerned}
        with running_all(started.values()):
            for who, cell in concerned.items():
                await_it(cell, started[who], variables)
        for who, cell in concerned.items():
            said = started[who].said
            assert "Traceback" not in said, said
            expect_one_line(placed(cell.said, variables), cell, said)


def settings_of(bank: Bank, changed: Mapping[str, str]) -> dict[str, str]:
    common = {
        "C360_CONSUMER_GROUP": "c360-table",
        "C360_DELIVERY_GROUP": "c360-table-deliverer",
        "C360_DELIVERY_FILE": str(bank.folder / "budget.yaml"),
        "C360_MACHINES_FILE": str(bank.folder / "machines.yaml"),
        "C360_API_PORT": "0",
        "C360_SESSION_TIMEOUT_MS": "3000",
    }
    return bank.settings(**{**common, **changed})


def await_it(cell: Cell, process: Forked, variables: Mapping[str, str]) -> None:
    """Until it has ended, or said what it has to and shows it."""
    if not isinstance(cell, GoesOn):
        eventually(lambda: process.status is not None, within=120)
        wanted = cell.status if isinstance(cell, Ends) else 1
        assert process.status == wanted, process.said
        return
    sentence = placed(cell.said, variables)
    try:
        eventually(lambda: sentence in process.said and shows(process.said, cell.shown), within=60, every=0.1)
    except AssertionError:
        pytest.fail(f"{sentence!r} and {cell.shown} are not in: {process.said}")
    assert process.status is None, process.said


def placed(sentence: str, variables: Mapping[str, str]) -> str:
    redis_address = variables["C360_REDIS_URL"].rpartition("//")[2].removesuffix("/0")
    where = {"kafka": variables["C360_KAFKA_BOOTSTRAP"], "redis": redis_address, "home": variables["C360_HOME"]}
    return re.sub(r"\{(\w+)\}", lambda found: where[found[1]], sentence)


def shows(said: str, wanted: Mapping[str, float]) -> bool:
    if not wanted:
        return True
    url = re.search(r"metrics at (http://\S+)", said)
    if url is None:
        return False
    lines = (line.rpartition(" ") for line in httpx.get(url[1], timeout=60).text.splitlines())
    found = {name: float(value) for name, _, value in lines if name in wanted}
    return found.keys() == wanted.keys() and all(
        found[name] >= least if least else found[name] == 0 for name, least in wanted.items()
    )


def is_of_the_machine(finding: Mapping[str, str]) -> bool:
    """How full its disks are, and Kafka's among them: nobody planted it, unless the row is about it."""
    return finding["area"] == "machine" or "keeps its logs" in finding["said"]


def expect_one_line(sentence: str, cell: Cell, said: str) -> None:
    if isinstance(cell, Finds):
        findings = [json.loads(line) for line in said.splitlines()]
        concern = [one for one in findings if sentence in one["said"] or not is_of_the_machine(one)]
        (wrong,) = [one for one in concern if one["state"] != "ok"]
        assert wrong["state"] == cell.state
        assert sentence in wrong["said"]
        assert wrong["cure"].startswith(cell.cure)
        return
    # That a broker took more than some seconds to answer is the machine's business, not the fault's.
    slow = "does not answer (Local: Timed out); trying again"
    lines = [line for line in said.splitlines() if line.strip() and "[info " not in line and slow not in line]
    assert any(sentence in line for line in lines), said
    if isinstance(cell, Ends) and cell.status:
        assert len(lines) == 1, said
    # Whatever else they say, no line comes twice however often they try: the instant at its beginning is another.
    told = [line.partition(" ")[2] for line in lines]
    assert len(set(told)) == len(told), said
