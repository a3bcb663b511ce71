"""Money and alerts in words."""

import pytest

from connectors.serving.wording import alert_in_words, money, one_line
from ops.contracts.messages import messages_of
from schemas.topics import TOPICS


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (1_234_567, "CZK", "12,345.67 CZK"),
        (-5, "EUR", "-0.05 EUR"),
        (-100, "EUR", "-1.00 EUR"),
        (1_234, "JPY", "1,234 JPY"),
        (1_234_567, "KWD", "1,234.567 KWD"),
        (0, "CZK", "0.00 CZK"),
        (None, "CZK", "-"),
        (5, None, "5 minor units"),
    ],
)
def test_money_is_written_by_the_decimals_of_its_currency(minor: int | None, currency: str | None, said: str) -> None:
    assert money(minor, currency) == said


def test_an_alert_is_one_line_whatever_the_customer_wrote() -> None:
    payload = {"complaint_on": "2020-01-01", "content": "a\nb\x1b[2Jc", "customer_id": "B1", "customer_name": None}
    assert alert_in_words("complaint_reminder", payload) == "B1 complained on 2020-01-01: a b [2Jc"


def test_a_drawdown_and_a_deposit_mature_in_their_own_words() -> None:
    common = {"maturity_on": "2020-01-31", "days_before": 30, "currency": "CZK"}
    drawdown = common | {"contract_id": "L", "drawdown_id": "D", "amount_minor": 200, "outstanding_minor": 100}
    deposit = common | {"account_id": "A", "balance_minor": 500}
    assert alert_in_words("maturity", drawdown) == "drawdown D of loan L matures on 2020-01-31; 1.00 CZK outstanding"
    assert alert_in_words("maturity", deposit) == "deposit A matures on 2020-01-31; balance 5.00 CZK"


def test_balances_and_entries_name_their_account_and_amounts() -> None:
    balance = {"account_id": "A", "currency": "CZK", "balance_minor": 100, "threshold_minor": 90}
    entry = balance | {"amount_minor": -70, "booked_on": "2020-01-02"}
    assert alert_in_words("large_balance", balance) == "account A holds 1.00 CZK (threshold 0.90 CZK)"
    assert alert_in_words("large_entry", entry) == (
        "debit of 0.70 CZK on account A, booked on 2020-01-02; balance 1.00 CZK"
    )


def test_overdue_complaints_say_what_was_owed_by_when() -> None:
    payload = {"complaint_id": "K1", "complaint_on": "2020-03-01", "last_day_on": "2020-03-06", "content": "Twice"}
    assert alert_in_words("acknowledgement_overdue", payload | {"customer_name": None}) == (
        "nobody took up complaint K1, received on 2020-03-01, by 2020-03-06: Twice"
    )
    assert alert_in_words("resolution_overdue", payload | {"customer_name": "Jana"}) == (
        "complaint K1 of Jana, received on 2020-03-01, was not answered by 2020-03-06: Twice"
    )


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (
            "acceptance_maturity",
            "bill B1 of acceptance AC1 over 40,000.00 CZK matures on 2020-09-02; 30,000.00 CZK to be provided",
        ),
        ("guarantee_expiry", "guarantee G1 to City of Olomouc over 50,000.00 CZK expires on 2021-03-02"),
        ("large_drawdown", "360,000.00 CZK drawn on 2020-03-02 by drawdown D1 of loan L1, due on 2021-03-02"),
        ("limit_nearly_drawn", "loan L1 uses 90 % of its limit: 360,000.00 CZK of 400,000.00 CZK"),
        ("drawn_over_limit", "loan L1 is 10,000.00 CZK over its limit of 400,000.00 CZK"),
        (
            "instalment_missed",
            "instalment of 2020-03-01 missed on drawdown D1 of loan L1 (1 so far); 12,000.00 CZK in arrears",
        ),
        ("arrears", "loan L1 is 12,000.00 CZK in arrears, with 410,000.00 CZK outstanding"),
        ("freeze_placed", "500.00 CZK frozen on account A1 (freeze F1): Court order 12 C 3/2020"),
        (
            "collateral_below_cover",
            "collateral of contract L1 is worth 350,000.00 CZK, and has to cover 100 % of 410,000.00 CZK",
        ),
    ],
)
def test_alerts_of_lending_name_their_contract_and_amounts(kind: str, said: str) -> None:
    (example,) = (
        message.example
        for topic in TOPICS.values()
        for message in messages_of(topic)
        if message.name == f"alert.{kind}"
    )
    assert alert_in_words(kind, example["payload"]) == said


def test_a_kind_without_words_shows_its_payload() -> None:
    assert alert_in_words("unheard_of", {"a": 1, "b": "x"}) == "a 1, b x"


def test_letters_of_all_languages_stay() -> None:
    assert one_line("Žofie Nováková\t你好") == "Žofie Nováková 你好"


@pytest.mark.parametrize(
    ("kind", "payload", "said"),
    [
        (
            "birthday",
            {"occasion": "birthday", "name": "Jana", "on": "2020-06-15", "years": 40},
            "birthday of Jana on 2020-06-15, 40 years",
        ),
        (
            "birthday",
            {"occasion": "founding", "name": None, "on": "2020-06-15", "years": 101},
            "the customer was founded 101 years ago on 2020-06-15",
        ),
        (
            "dormancy",
            {"silent_since": "2020-03-02", "days": 180, "accounts": 2},
            "nothing was booked for 180 days, since 2020-03-02, on 2 accounts",
        ),
        (
            "large_net_outflow",
            {"account_id": "A1", "currency": "CZK", "outflow_minor": 50_000_00, "to_on": "2020-03-02"},
            "account A1, outflow 50,000.00 CZK, to on 2020-03-02",
        ),
    ],
)
def test_relationship_alerts_and_those_without_words_are_read_by_a_person(
    kind: str, payload: dict[str, object], said: str
) -> None:
    assert alert_in_words(kind, payload) == said
