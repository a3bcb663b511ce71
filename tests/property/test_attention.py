"""Whoever is not asked about an entry or a balance would have had nothing to say, whatever he remembers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from schemas.accounts import AccountBalanceReported, AccountEntryBooked
from schemas.rules import RuleFile
from streams.change import Change
from streams.codec import encode_section
from streams.rules import Rules
from streams.rules.attention import Judge
from streams.rules.catalogue import KINDS
from tests.support.builders import NOON, a_balance, a_customer, an_account, an_amendment, an_entry
from tests.support.driver import Driver

AMOUNTS: Final = (-1000_01, -1000_00, -999_99, -500_00, -1, 1, 499_99, 500_00, 1000_00, 2000_00)
BALANCES: Final = (-1, 0, 499_99, 500_00, 899_99, 900_00, 949_99, 950_00, 999_99, 1000_00, 1049_99, 1050_00, 5000_00)
SCOPES: Final[tuple[dict[str, Any], ...]] = (
    *({}, {}, {"currency": ["CZK"]}, {"currency": ["EUR"]}, {"product": ["current"]}, {"product": ["gold"]}),
    *({"branch": ["B1"]}, {"tier": ["top"], "customer_kind": ["personal"]}),
)
KINDS_OF_RULES: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "large_balance", "threshold": "1000.00", "rearm_percent": 95},
    {"kind": "large_balance", "threshold": "500.00", "rearm_percent": 100},
    {"kind": "large_balance_down", "threshold": "1000.00", "rearm_percent": 105},
    {"kind": "large_entry", "threshold": "500.00", "direction": "debit"},
    {"kind": "foreign_currency_balance", "threshold": "1000.00", "home_currency": "USD"},
    {"kind": "large_net_outflow", "threshold": "1000.00", "days": 3, "entries_from": "500.00"},
    {"kind": "large_net_outflow", "threshold": "1000.00", "days": 3},
    {"kind": "balance_drop", "percent": 50, "days": 8, "minimum": "500.00"},
    {"kind": "dormancy", "days": 3},
)


class Watched(Rules):
    """Rules that ask those too whom they would leave out."""

    def __init__(self, rule_file: RuleFile) -> None:
        super().__init__(rule_file)
        self._every = [KINDS[type(rule)](rule, self.calendar) for rule in rule_file.rules]

    def asked(self, change: Change) -> Sequence[Judge]:
        """As ever; all others have nothing to say of it."""
        judges = super().asked(change)
        asked = {kind.rule.id for kind, _ in judges}
        if type(change.event) in (AccountEntryBooked, AccountBalanceReported):
            for kind in self._every:
                if kind.rule.id not in asked and type(change.event) in kind.watches:
                    assert kind.judge(change) is None, kind.rule.id
        return judges


@st.composite
def rule_files(draw: st.DrawFn) -> RuleFile:
    """Some rules under some of few ids, so that one may follow another of its id, and meet what that remembered."""
    ids = draw(st.lists(st.sampled_from(("armed", "b", "c", "d", "e", "f")), unique=True, max_size=6))
    kinds, scopes = st.sampled_from(KINDS_OF_RULES), st.sampled_from(SCOPES)
    rules = [draw(kinds) | {"id": id_, "severity": "notice", "scope": draw(scopes)} for id_ in ids]
    return RuleFile.model_validate({"rules": rules})


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Entries and reports of one account, and what his scope may hang on, some numbers out of order."""
    told: list[Any] = []
    at = NOON
    for seq in draw(st.permutations(range(draw(st.integers(1, 14))))):
        at += timedelta(days=draw(st.sampled_from((0, 0, 1, 4))))
        event: dict[str, Any] = {"source_seq": seq, "occurred_at": at}
        balance_minor, amount_minor = draw(st.sampled_from(BALANCES)), draw(st.sampled_from(AMOUNTS))
        match draw(st.integers(0, 7)):
            case 0:
                moved = {"home_branch": draw(st.sampled_from(("B1", "B2")))}
                told.append(an_amendment(**event, **moved, tier=draw(st.sampled_from(("top", "small")))))
            case 1 | 2:
                told.append(a_balance(**event, balance_minor=balance_minor))
            case _:
                told.append(an_entry(**event, balance_minor=balance_minor, amount_minor=amount_minor))
    return told


@given(st.lists(rule_files(), min_size=1, max_size=3), histories(), st.booleans())
def test_who_is_not_asked_has_nothing_to_say(files: list[RuleFile], events: list[Any], of_old: bool) -> None:
    driver = Driver()
    driver.pipe_each(a_customer(source_seq=0), an_account(source_seq=0))
    if of_old:
        # As a release left it that remembered nothing but that some rule is not armed.
        driver.at_rest["account:A1"] = encode_section(driver.section("account:A1") | {"armed": False})
    for place, event in enumerate(events):
        driver.rules = Watched(files[place * len(files) // len(events)])
        driver.pipe(event)
