"""Two generations of the views side by side: counts, sums, and where customers differ. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from schemas.personal import PERSONAL
from schemas.topics import ALERT_ACTIONS
from schemas.views import DEADLINES, PARTITION_PREFIX, PROGRESS, SUMMARY, alert_section

__all__ = ["Comparison", "Difference", "Pair"]

Sections = Mapping[str, bytes]
Views = Mapping[str, Sections]
"""Customer, or `$partition-<n>` -> section -> value."""

_ALERT: Final = alert_section("")
_OF_ALERTS: Final = frozenset({"alerts", "unaddressed"})
_OF_THE_RUN: Final = frozenset({"as_of", "applied"})
_FREE_TEXT: Final = re.compile("|".join(sorted(PERSONAL)))
_NOTHING: Final = "(nothing)"


class Pair(NamedTuple):
    """A figure of the generation in force, and the same of the other one."""

    in_force: int
    other: int


class Difference(NamedTuple):
    """A field that differs; personal data is not shown."""

    customer_id: str
    field: str
    in_force: str
    other: str


@dataclass
class Comparison:
    """Grows by a partition at a time.

    Alerts are left out: the generation that is not in force raises none. Customers of whom the two have not folded the
    same events are counted, and left out of the rest.
    """

    samples: int
    customers: list[int] = field(default_factory=lambda: [0, 0])
    in_motion: int = 0
    """Customers of whom one generation has folded events that the other has not."""
    alike: int = 0
    sections: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    differing: Counter[str] = field(default_factory=Counter)
    """Kind of section -> how many differ, or stand in one generation only."""
    sums: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    """`balance_minor CZK` and the like."""
    records: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))
    """folded, late, dead, of the partitions of which both have folded the same."""
    differences: list[Difference] = field(default_factory=list)

    def add(self, in_force: Views, other: Views) -> None:
        """A partition's views in either generation."""
        for owner in sorted(in_force.keys() | other.keys()):
            one, two = in_force.get(owner, {}), other.get(owner, {})
            if owner.startswith(PARTITION_PREFIX):
                self._add_progress(one, two)
            else:
                self._add_customer(owner, one, two)

    @property
    def is_same(self) -> bool:
        """Whether no customer that can be compared differs, and as many records were set aside."""
        return not self.differing and self.records[0] == self.records[1]

    def figures(self) -> Iterator[tuple[str, Pair, int]]:
        """(what, the figures, how many differ) in the order in which one reads them."""
        yield "customers", Pair(*self.customers), 0
        for kind in sorted(self.sections[0].keys() | self.sections[1].keys()):
            yield f"sections {kind}", Pair(*(counts[kind] for counts in self.sections)), self.differing[kind]
        for what in sorted(self.sums[0].keys() | self.sums[1].keys()):
            yield f"sum of {what}", Pair(*(sums[what] for sums in self.sums)), 0
        for what in ("folded", "late", "dead"):
            yield f"records {what}", Pair(*(counts[what] for counts in self.records)), 0

    def _add_progress(self, one: Sections, two: Sections) -> None:
        first, second = (orjson.loads(sections.get(PROGRESS, b"{}")) for sections in (one, two))
        if _applied(first) == _applied(second):
            for counts, progress in zip(self.records, (first, second), strict=True):
                counts.update(progress.get("counts", {}))

    def _add_customer(self, customer_id: str, one: Sections, two: Sections) -> None:
        for place, sections in enumerate((one, two)):
            self.customers[place] += bool(sections)
        first, second = (orjson.loads(sections.get(SUMMARY, b"{}")) for sections in (one, two))
        if _applied(first) != _applied(second):
            self.in_motion += 1
            return
        for sums, summary in zip(self.sums, (first, second), strict=True):
            sums.update(_sums(summary))
        found = list(self._differences(customer_id, one, two))
        self.alike += not found
        self.differences += found[: max(0, self.samples - len(self.differences))]

    def _differences(self, customer_id: str, one: Sections, two: Sections) -> Iterator[Difference]:
        for name in sorted(one.keys() | two.keys()):
            if name.startswith(_ALERT):
                continue
            kind = name.partition(":")[0]
            for counts, sections in zip(self.sections, (one, two), strict=True):
                counts[kind] += name in sections
            if one.get(name) == two.get(name):
                continue
            found = list(_fields(name, _compared(name, one.get(name)), _compared(name, two.get(name))))
            self.differing[kind] += bool(found)
            for path, before, after in found:
                yield Difference(customer_id, path, _shown(path, before), _shown(path, after))


def _applied(section: Mapping[str, Any]) -> dict[str, Any]:
    """What was folded, but for actions on alerts, which are of no concern here."""
    return {topic: at for topic, at in section.get("applied", {}).items() if topic != ALERT_ACTIONS}


def _sums(summary: Mapping[str, Any]) -> dict[str, int]:
    totals = summary.get("totals", {})
    return {
        f"{name} {currency}": amount
        for name, by_currency in totals.items()
        if isinstance(by_currency, dict)
        for currency, amount in by_currency.items()
    }


def _compared(name: str, raw: bytes | None) -> Any:
    """The section without what tells of the run, or of alerts."""
    section: Any = None if raw is None else orjson.loads(raw)
    if section is None:
        return section
    section = {key: value for key, value in section.items() if key not in _OF_THE_RUN}
    if name == SUMMARY:
        section["totals"] = {key: value for key, value in section["totals"].items() if key not in _OF_ALERTS}
    elif name == DEADLINES:
        section["due"] = {key: value for key, value in section["due"].items() if not key.startswith(_ALERT)}
        return section if section["due"] else None
    return section


def _fields(path: str, one: Any, two: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(two, dict):
        for name in sorted(one.keys() | two.keys()):
            yield from _fields(f"{path}.{name}", one.get(name, _NOTHING), two.get(name, _NOTHING))
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for place, (first, second) in enumerate(zip(one, two, strict=True)):
            yield from _fields(f"{path}[{place}]", first, second)
    elif one != two:
        yield path, one, two


def _shown(path: str, value: Any) -> str:
    """Personal data, and whole structures that may hold some, are not shown."""
    if value is None or value == _NOTHING:
        return _NOTHING
    if isinstance(value, dict | list):
        return f"({len(value)} entries)"
    return "***" if _FREE_TEXT.fullmatch(path.rpartition(".")[2].partition("[")[0]) else str(value)
