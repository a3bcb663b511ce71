"""Fold of collateral: section `collateral:<contract>`, with its pledges."""

from typing import Any, Final

from schemas.collateral import CollateralEvent, CollateralPledged, CollateralReleased, CollateralValued
from streams.folds.money import in_currency, within_bounds
from streams.folds.order import stated
from streams.view import Section

__all__ = ["fold"]

PLEDGED: Final = "pledged"
RELEASED: Final = "released"


def fold(section: Section | None, event: CollateralEvent) -> Section:
    """What is pledged for the contract after `event`; the very section when it is a duplicate or superseded.

    Raises `Refused` for another currency than that of the contract's collateral so far.
    """
    if section is None:
        section = _unheard_of(event.contract_id)
    if not isinstance(event, CollateralReleased):
        section = in_currency(section, event.currency)
    held = section["pledges"].get(event.collateral_id)
    pledge = stated(held or _not_pledged(), event.source_seq, _facts(event))
    return section if pledge is held else _with_pledge(section, event.collateral_id, pledge)


def _unheard_of(contract_id: str) -> Section:
    return {"contract_id": contract_id, "currency": None, "value_minor": 0, "cover_percent": None, "pledges": {}}


def _not_pledged() -> Section:
    return {
        "kind": None,
        "description": None,
        "value_minor": None,
        "valued_on": None,
        "cover_percent": None,
        "pledged_on": None,
        "released_on": None,
        "status": PLEDGED,
        "order": {},
    }


def _facts(event: CollateralEvent) -> dict[str, dict[str, Any]]:
    if isinstance(event, CollateralPledged):
        on = event.pledged_on.isoformat()
        terms = {"kind": event.collateral_kind.value, "cover_percent": event.cover_percent, "pledged_on": on}
        facts: dict[str, dict[str, Any]] = {
            "life": {"status": PLEDGED},
            "terms": terms,
            "value": {"value_minor": event.value_minor, "valued_on": on},
        }
        return facts if event.description is None else {**facts, "description": {"description": event.description}}
    if isinstance(event, CollateralValued):
        return {"value": {"value_minor": event.value_minor, "valued_on": event.valued_on.isoformat()}}
    return {"life": {"status": RELEASED}, "released_on": {"released_on": event.released_on.isoformat()}}


def _with_pledge(section: Section, collateral_id: str, pledge: Section) -> Section:
    pledges = {**section["pledges"], collateral_id: pledge}
    standing = [part for part in pledges.values() if part["status"] == PLEDGED]
    percents = [part["cover_percent"] for part in standing if part["cover_percent"] is not None]
    return {
        **section,
        "value_minor": within_bounds(sum(part["value_minor"] or 0 for part in standing), "value_minor"),
        "cover_percent": max(percents, default=None),
        "pledges": pledges,
    }
