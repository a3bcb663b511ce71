from datetime import UTC, date, datetime

import pytest

from schemas.reference import Calendar
from streams.reference import WorkingDays
from streams.rules.calendar import BankCalendar
from streams.rules.leads import Lead, LeadUnit, fallen_at

EASTER = Calendar(id="default", yearly=("05-01",), holidays=(date(2026, 4, 3), date(2026, 4, 6)))
PRAGUE = BankCalendar("Europe/Prague", WorkingDays(EASTER))


@pytest.mark.parametrize(
    ("raw", "length", "unit", "wanted"),
    [
        ("2026-04-30", -30, "days", "2026-03-30T22:00:00Z"),
        ("2026-04-30", 0, "days", "2026-04-29T22:00:00Z"),
        ("2026-04-30", 1, "days", "2026-05-01T22:00:00Z"),
        # Good Friday, a weekend and Easter Monday lie between.
        ("2026-04-07", -1, "working_days", "2026-04-01T22:00:00Z"),
        ("2026-04-02", 1, "working_days", "2026-04-07T22:00:00Z"),
        ("2026-04-30", 1, "working_days", "2026-05-04T22:00:00Z"),
        ("2026-04-02T15:00:00Z", 2, "days", "2026-04-04T15:00:00Z"),
        ("2026-04-02T15:00:00Z", 1, "working_days", "2026-04-07T15:00:00Z"),
        ("2026-04-02T15:00:00Z", -1, "hours", "2026-04-02T14:00:00Z"),
        # 16:00 in Prague: an hour is left of that day.
        ("2026-04-02T14:00:00Z", 1, "working_hours", "2026-04-02T15:00:00Z"),
        ("2026-04-02T14:00:00Z", 2, "working_hours", "2026-04-07T08:00:00Z"),
        ("2026-04-02T22:30:00Z", 8, "working_hours", "2026-04-07T15:00:00Z"),
        ("2026-04-02T03:00:00Z", 9, "working_hours", "2026-04-07T08:00:00Z"),
        ("9999-12-31", 1, "days", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01", -1, "days", "0001-01-01T00:00:00Z"),
    ],
)
def test_when_it_is_time_to_look(raw: str, length: int, unit: LeadUnit, wanted: str) -> None:
    assert fallen_at(raw, Lead(length, unit), PRAGUE) == datetime.fromisoformat(wanted).astimezone(UTC)


@pytest.mark.parametrize("lead", [Lead(-30), Lead(2, "working_days"), Lead(0, "hours"), Lead(-8, "working_hours")])
def test_a_lead_is_known_by_its_name(lead: Lead) -> None:
    assert Lead.of(lead.token) == lead


def test_leads_have_one_order_whatever_the_day() -> None:
    leads = [Lead(2, "working_days"), Lead(-7), Lead(3), Lead(-30), Lead(8, "working_hours"), Lead(0)]
    assert [lead.token for lead in sorted(leads, key=lambda lead: lead.place)] == [
        "-30d", "-7d", "+0d", "+8wh", "+2wd", "+3d",
    ]  # fmt: skip


def test_calendars_are_the_same_when_their_contents_are() -> None:
    assert BankCalendar("Europe/Prague", WorkingDays(EASTER)) == PRAGUE
    assert BankCalendar("Europe/Prague") != PRAGUE
    assert BankCalendar("UTC", WorkingDays(EASTER)) != PRAGUE
