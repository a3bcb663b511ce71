"""A rebuild as its commands see it: what stands, what differs, how long it still takes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from connectors.sources.control_topic import ControlRecord
from ops.errors import OperatorError
from ops.fold_identity import fold_of
from ops.settings import load_settings
from ops.turns import Served
from ops.view_generations import is_followed
from ops.views_rebuild.beginning import _with_another
from ops.views_rebuild.comparing import in_lines
from ops.views_rebuild.comparison import Comparison, Pair
from ops.views_rebuild.progress import Pace, Reached, in_words
from schemas.generations import FIRST, GENERATIONS_KEY, ViewGenerations, generation_of, group_of, views_topic

AT = datetime(2026, 11, 23, tzinfo=UTC)
NONE_NOTED: Mapping[int, str] = MappingProxyType({})


def standing(
    in_force: int, other: int | None, newest: int = 2, switches: int = 0, folds: Mapping[int, str] = NONE_NOTED
) -> ViewGenerations:
    return ViewGenerations(
        in_force=in_force,
        other=other,
        newest=newest,
        switches=switches,
        folds=dict(folds),
        changed_by="tests",
        changed_at=AT,
    )


def a_view(balance: int, *, name: str = "Jana", applied: int = 4) -> dict[str, bytes]:
    found: dict[str, Any] = {
        "profile": {"name": name, "tier": "gold"},
        "account:A1": {"balance_minor": balance},
        "summary": {
            "totals": {"alerts": 0, "unaddressed": 0, "balance_minor": {"CZK": balance}},
            "as_of": f"2026-01-01T00:00:0{applied}Z",
            "applied": {"account-changes": ["id", applied]},
        },
    }
    return {section: orjson.dumps(value) for section, value in found.items()}


def compared(in_force: dict[str, Any], other: dict[str, Any], samples: int = 10) -> Comparison:
    comparison = Comparison(samples)
    comparison.add(in_force, other)
    return comparison


def test_a_topic_and_a_group_name_their_generation() -> None:
    assert [views_topic(1), views_topic(2)] == ["customer-views", "customer-views.2"]
    assert [generation_of(views_topic(number)) for number in (1, 2, 13)] == [1, 2, 13]
    assert [group_of("c360-worker", 1), group_of("c360-worker", 3)] == ["c360-worker", "c360-worker.3"]


@pytest.mark.parametrize(
    ("served", "generations", "part"),
    [
        (Served(1), None, "fold"),
        (Served(1), standing(1, 2), "fold"),
        (Served(1), standing(2, 1), "wait"),
        (Served(1), standing(2, None), "gone"),
        (Served(2, builds=True), standing(1, 2), "build"),
        (Served(2, builds=True), standing(2, 1), "fold"),
        (Served(2), None, "gone"),
    ],
)
def test_a_worker_has_the_part_of_its_generation(
    served: Served, generations: ViewGenerations | None, part: str
) -> None:
    assert served.part(generations) == part


def test_a_worker_serves_the_only_generation_there_is_when_it_starts() -> None:
    assert Served().settled(standing(2, None), "new") == Served(2)
    assert Served().settled(None, "new") == Served(FIRST)


@pytest.mark.parametrize(("in_force", "other"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("folds", [{}, {1: "old", 2: "new"}])
def test_while_two_generations_stand_a_worker_that_made_neither_has_to_be_told_which_one_it_is_of(
    in_force: int, other: int, folds: dict[int, str]
) -> None:
    with pytest.raises(OperatorError) as refused:
        Served().settled(standing(in_force, other, folds=folds), "a third one")
    assert f"`--generation {in_force}`, the one in force" in refused.value.message
    assert f"`--generation {other}`" in refused.value.message
    assert Served(1).settled(standing(in_force, other, folds=folds), "a third one") == Served(1)


@pytest.mark.parametrize("folds", [{2: "new"}, {1: "old", 2: "new"}])
def test_a_worker_goes_on_with_the_generation_of_its_own_fold_whichever_is_in_force(folds: dict[int, str]) -> None:
    # Also an old one that is started again after the switch: it waits, and folds nothing of the new views.
    for generations in (standing(1, 2, folds=folds), standing(2, 1, folds=folds)):
        assert Served().settled(generations, "old") == Served(1)
        assert Served().settled(generations, "new") == Served(2)


def test_a_worker_whose_fold_makes_both_generations_serves_the_one_in_force() -> None:
    assert Served().settled(standing(2, 1, folds={1: "same", 2: "same"}), "same") == Served(2)


def test_the_fold_is_another_by_what_shapes_views_and_by_nothing_else() -> None:
    plain = fold_of(load_settings())
    assert fold_of(load_settings(log_level="debug", consumer_group="another", set_aside="clock/0/1")) == plain
    for other in ({"bank_timezone": "Europe/Prague"}, {"closed_alert_days": 30}, {"raise_after": AT}):
        assert fold_of(load_settings(**other)) != plain


def test_a_rebuild_begins_with_a_number_that_was_never_used() -> None:
    begun = _with_another(standing(1, None, newest=4, switches=2, folds={1: "old", 4: "gone"}), "new", "tests", AT)
    assert (begun.in_force, begun.other, begun.newest, begun.switches) == (1, 5, 5, 2)
    assert begun.folds == {1: "old", 5: "new"}
    assert ViewGenerations.model_validate_json(begun.model_dump_json()) == begun
    first = _with_another(None, "new", "tests", AT)
    assert (first.other, first.folds) == (2, {2: "new"})


def test_a_rebuild_that_was_begun_is_gone_on_with() -> None:
    begun = standing(1, 2, folds={2: "new"})
    assert _with_another(begun, "new", "tests", AT) == begun
    # Mended meanwhile: what its processes are now is what its workers are known by.
    assert _with_another(begun, "mended", "tests", AT).folds == {2: "mended"}


def test_no_rebuild_is_begun_while_an_older_generation_is_kept() -> None:
    kept = standing(2, 1, folds={2: "new"})
    assert _with_another(kept, "another", "tests", AT) is kept


def test_a_change_is_over_once_readers_are_shown_it() -> None:
    def shown(*offsets: int) -> list[ControlRecord]:
        return [ControlRecord(GENERATIONS_KEY, b"{}", offset, 0) for offset in offsets]

    answers = [shown(0, 2), shown(0, 2), shown(4)]
    assert is_followed(shown(0, 2), lambda: answers.pop(0), patience=60)
    assert answers == []
    assert is_followed([], lambda: shown(0), patience=0)
    assert not is_followed(shown(0, 2), lambda: shown(2), patience=0)


def test_what_tells_of_the_run_or_of_alerts_is_no_difference() -> None:
    with_alert = a_view(5) | {"alert:1": orjson.dumps({"state": "raised"})}
    comparison = compared({"C1": with_alert}, {"C1": a_view(5)})
    assert comparison.is_same
    assert (comparison.alike, comparison.in_motion) == (1, 0)


def test_what_differs_is_counted_and_shown_field_by_field_without_personal_data() -> None:
    comparison = compared({"C1": a_view(5), "C2": a_view(1)}, {"C1": a_view(7, name="Eva"), "C2": a_view(1)})
    assert not comparison.is_same
    assert comparison.differing == {"profile": 1, "account": 1, "summary": 1}
    shown = {(found.field, found.in_force, found.other) for found in comparison.differences}
    assert ("profile.name", "***", "***") in shown
    assert ("account:A1.balance_minor", "5", "7") in shown
    figures = {what: pair for what, pair, _ in comparison.figures()}
    assert figures["sum of balance_minor CZK"] == Pair(6, 8)
    assert figures["sections account"] == Pair(2, 2)
    assert not any("Jana" in line or "Eva" in line for line in in_lines(comparison, 1, 2))


def test_a_customer_of_whom_one_has_folded_more_is_in_motion() -> None:
    comparison = compared({"C1": a_view(5, applied=4)}, {"C1": a_view(7, applied=3)})
    assert (comparison.in_motion, comparison.is_same) == (1, True)


def test_a_customer_that_one_generation_lacks_is_a_difference_once_both_have_folded_all() -> None:
    nothing_folded = a_view(5) | {"summary": orjson.dumps({"totals": {}, "applied": {}, "as_of": ""})}
    comparison = compared({"C1": nothing_folded}, {})
    assert comparison.customers == [1, 0]
    assert comparison.differing["account"] == 1


def test_more_dead_records_are_a_difference() -> None:
    def progress(dead: int) -> dict[str, bytes]:
        counts = {"folded": 10 - dead, "late": 0, "dead": dead}
        return {"progress": orjson.dumps({"counts": counts, "applied": {"account-changes": ["id", 9]}})}

    comparison = compared({"$partition-0": progress(1)}, {"$partition-0": progress(2)})
    assert not comparison.is_same


def test_no_more_samples_are_kept_than_asked_for() -> None:
    assert len(compared({"C1": a_view(5)}, {"C1": a_view(7)}, samples=1).differences) == 1


def test_the_way_is_at_a_hundred_percent_only_when_it_is_over() -> None:
    assert Reached(999_999, 1_000_000).percent == 99.9
    assert Reached(5, 5).percent == 100.0
    assert not Reached(4, 5).is_level


def test_the_time_left_follows_from_the_speed_so_far() -> None:
    pace = Pace(began_at=10.0, began_with=100)
    assert pace.seconds_left(10.0, Reached(100, 300)) is None
    assert pace.seconds_left(20.0, Reached(200, 300)) == 10.0
    assert in_words(10.0) == "10 s"
    assert in_words(3_720) == "1 h 2 min"
