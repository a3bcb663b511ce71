"""What is due, worked out from the events: the same as c360's oracle says, and every difference is told."""

from collections import Counter
from datetime import UTC
from itertools import islice
from uuid import UUID

from ops.bench.proof import customer_of_sections
from ops.bench.stage import RULES
from ops.bench.truth import CustomerFacts, Facts, differences, facts_of
from ops.bench.workload import Workload
from streams.codec import Door
from streams.rules.load import load_rules
from tests.support.oracle import Delivery, Policy, Record, expected


def test_what_is_due_is_what_the_oracle_expects() -> None:
    events, door = list(islice(Workload(40).events(), 1_500)), Door()
    records = [
        Record(door.parse(event.topic, event.key.encode(), event.value), event.topic, offset)
        for offset, event in enumerate(events)
    ]
    policy = Policy(load_rules(RULES), UTC, UUID("5a1f0c63-3d5e-4b8c-9f27-6c3b60a9e360"))
    oracle = expected([Delivery(record, record.event.occurred_at) for record in records], policy)
    raised = [alert for alerts in oracle.alerts.values() for alert in alerts if alert["change"] == "raised"]
    found = Facts(
        {number: customer_of_sections(sections) for number, sections in oracle.views.items()},
        Counter((str(alert["kind"]), alert["subject"]) for alert in raised),
    )
    assert differences(facts_of(events), found) == []


def test_nothing_differs_from_itself() -> None:
    facts = facts_of(islice(Workload(20).events(), 500))
    assert differences(facts, facts) == []


def test_a_wrong_balance_a_stranger_and_alerts_missing_or_raised_twice_are_told() -> None:
    due = Facts({"C1": CustomerFacts(accounts={"A1": (100, 1)})}, Counter({("large_entry", "account:A1"): 1}))
    found = Facts(
        {"C1": CustomerFacts(accounts={"A1": (99, 1)}), "C2": CustomerFacts()},
        Counter({("large_balance", "account:A1"): 2}),
    )
    told = "\n".join(differences(due, found))
    assert "(99, 1)" in told
    assert "C2 is none of the job's" in told
    assert "1 alert missing: ('large_entry', 'account:A1')" in told
    assert "2 alert too many: ('large_balance', 'account:A1')" in told


def test_many_differences_are_told_in_few_lines() -> None:
    facts = facts_of(islice(Workload(20).events(), 500))
    assert differences(facts, Facts())[3].startswith("and ")
