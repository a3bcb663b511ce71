"""The rules of a worker, exchanged while it runs."""

from collections.abc import Mapping

import pytest

from connectors.sources.control_topic import ControlRecord
from ops.rules_in_force import RulesInForce
from ops.settings import Settings
from tests.unit.streams.rules.test_book import a_change


class CountedRules:
    def __init__(self) -> None:
        self.versions: Mapping[str, int] = {}
        self.refused = 0

    def rules(self, versions: Mapping[str, int]) -> None:
        self.versions = versions

    def rule_refused(self) -> None:
        self.refused += 1


def a_record(value: bytes, offset: int) -> ControlRecord:
    return ControlRecord(b"large-entry", value, offset, 0)


def test_a_change_exchanges_the_rules_and_who_holds_the_old_ones_keeps_them() -> None:
    counted = CountedRules()
    in_force = RulesInForce(Settings(), counted)
    in_force.take([a_record(a_change(), 0)])
    before = in_force.current
    in_force.take([a_record(a_change(threshold="70000.00"), 1), a_record(a_change(threshold="80000.00"), 2)])
    assert (before.rule_file.rules[0].version, in_force.current.rule_file.rules[0].version) == (0, 2)
    assert counted.versions == {"large-entry": 2}


def test_a_disabled_rule_has_no_version_in_force() -> None:
    counted = CountedRules()
    in_force = RulesInForce(Settings(), counted)
    in_force.take([a_record(a_change(), 0)])
    in_force.take([a_record(a_change(enabled=False), 1)])
    assert counted.versions == {}


def test_a_wrong_record_is_counted_and_told_with_its_place_and_the_rest_comes_into_force(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted = CountedRules()
    in_force = RulesInForce(Settings(), counted)
    in_force.take([a_record(a_change(), 0), a_record(b"{}", 1), a_record(a_change(threshold="9.00"), 2)])
    assert (counted.refused, counted.versions) == (1, {"large-entry": 2})
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith(
        "Record 1 of alert-rules does not come into force, what stood before stays: rule large-entry"
    )


def test_reference_data_is_in_force_with_the_next_rules_asked_for() -> None:
    in_force = RulesInForce(Settings(), CountedRules())
    in_force.take([a_record(a_change(), 0)])
    before = in_force.current
    in_force.take_reference(
        [ControlRecord(b"branch/B1", b'{"kind":"branch","id":"B1","name":"Brno","head":"M1"}', 0, 0)]
    )
    assert before.organisation.head_of("B1") is None
    assert in_force.current.organisation.head_of("B1") == "M1"
    assert in_force.current.rule_file == before.rule_file


def test_a_wrong_record_of_reference_data_is_told_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    in_force = RulesInForce(Settings(), CountedRules())
    in_force.take_reference([ControlRecord(b"branch/B1", b'{"kind":"branch"}', 7, 0)])
    (told,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert told.startswith("Record 7 of reference-data does not come into force, what stood before stays: branch/B1")
