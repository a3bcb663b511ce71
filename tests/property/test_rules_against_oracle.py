"""Rules that change in mid-history, count working days, and escalate to heads of branches, against the naive oracle."""

from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from schemas.reference import Branch, Calendar, Manager, Reference
from schemas.rules import RuleFile
from streams.reference import Organisation
from streams.rules import Rules
from streams.rules.alerts import NAMESPACE
from tests.support.heart import Heart, alerts_by_customer, comparable, differences
from tests.support.histories import BEGINNINGS, delivered, histories, recorded, rule_files, zones
from tests.support.oracle import Policy, expected

HOLIDAYS: Final = frozenset(beginning + timedelta(days=days) for beginning in BEGINNINGS for days in (3, 4, 31, 60))
HEADS: Final = {"B1": "H1"}
BRANCHES: Final = {"M1": "B1", "M2": "B2"}
ENTRIES: Final[tuple[Reference, ...]] = (
    Calendar(id="default", holidays=tuple(sorted(HOLIDAYS))),
    *(Branch(id=branch, name=branch, head=HEADS.get(branch)) for branch in ("B1", "B2")),
    *(Manager(id=manager, name=manager, branch=branch) for manager, branch in BRANCHES.items()),
)
BANK: Final = Organisation({f"{entry.kind}/{entry.id}": entry for entry in ENTRIES})
COUNTING_DAYS: Final = frozenset(
    {"maturity", "acceptance_maturity", "guarantee_expiry", "birthday", "acknowledgement_overdue", "resolution_overdue"}
)


def counting_working_days(file: RuleFile) -> RuleFile:
    rules = [rule.model_dump(mode="json") for rule in file.rules]
    versions = [rule.version for rule in file.rules]
    moved: list[dict[str, Any]] = [
        rule | {"version": version} | ({"days": "working"} if rule["kind"] in COUNTING_DAYS else {})
        for rule, version in zip(rules, versions, strict=True)
    ]
    return RuleFile.model_validate({"rules": moved})


@given(st.data(), zones(), st.booleans())
def test_rules_that_change_in_mid_history_hold_from_there_on(data: st.DataObject, zone: str, working: bool) -> None:
    files = [data.draw(rule_files()) for _ in range(2)]
    if working:
        files = [counting_working_days(file) for file in files]
    deliveries = delivered(recorded(data.draw(histories(zone, faithful=False))))
    place = data.draw(st.integers(1, max(1, len(deliveries) - 1)))
    clock = deliveries[place - 1].at
    compiled = [Rules(file, zone, organisation=BANK) for file in files]
    new = compiled[1].of_what_comes_again - compiled[0].of_what_comes_again
    since = dict.fromkeys(new, clock)
    heart = Heart(compiled[0])
    for delivery in deliveries[:place]:
        heart.fold([delivery], delivery.at)
    heart.rules, heart.in_force = compiled[1], since
    for delivery in deliveries[place:]:
        heart.fold([delivery], delivery.at)
    common: dict[str, Any] = {
        "zone": ZoneInfo(zone),
        "namespace": NAMESPACE,
        "holidays": HOLIDAYS,
        "counts_working_days": working,
        "heads": HEADS,
        "branches": BRANCHES,
    }
    before, after = Policy(files[0], **common), Policy(files[1], in_force_since=since, **common)
    changed = (place, after) if place < len(deliveries) else None
    wanted = expected(deliveries, before, changed=changed)
    assert differences(comparable(heart.views), wanted.views) == []
    assert differences(alerts_by_customer(heart.published), wanted.alerts) == []


def test_the_calendar_of_these_histories_has_holidays_in_them() -> None:
    assert all(BANK.working_days().includes(day) is False for day in HOLIDAYS)
    assert BANK.working_days().includes(date(2018, 2, 16))
