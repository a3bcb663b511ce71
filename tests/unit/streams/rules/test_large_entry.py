import pytest

from streams.folds.additive import RECENT_WINDOW
from tests.support.builders import a_balance, an_entry, some_rules
from tests.support.driver import Driver

THRESHOLD = 50_000_00


@pytest.mark.parametrize(
    ("amount_minor", "alerts"),
    [(THRESHOLD - 1, 0), (THRESHOLD, 1), (-THRESHOLD, 1), (1 - THRESHOLD, 0), (0, 0), (10**15, 1)],
)
def test_it_fires_from_the_threshold_in_or_out(amount_minor: int, alerts: int) -> None:
    driver = Driver()
    driver.pipe(an_entry(amount_minor=amount_minor, balance_minor=0))
    assert driver.alert_kinds() == ["large_entry"] * alerts


def test_it_fires_for_each_entry() -> None:
    driver = Driver()
    driver.pipe_each(*(an_entry(source_seq=seq, amount_minor=THRESHOLD, balance_minor=0) for seq in (1, 2, 3)))
    assert driver.alert_kinds() == ["large_entry"] * 3


def test_the_same_entry_twice_fires_once() -> None:
    driver = Driver()
    driver.pipe_each(*[an_entry(amount_minor=THRESHOLD, balance_minor=0)] * 2)
    assert driver.alert_kinds() == ["large_entry"]


def test_an_older_entry_fires_by_what_it_states_itself() -> None:
    driver = Driver()
    driver.pipe(a_balance(source_seq=9, balance_minor=77), an_entry(amount_minor=-THRESHOLD, balance_minor=5))
    (alert,) = driver.published
    assert alert["payload"] == {
        "account_id": "A1",
        "currency": "CZK",
        "amount_minor": -THRESHOLD,
        "balance_minor": 5,
        "booked_on": "2020-03-02",
        "threshold_minor": THRESHOLD,
    }
    assert alert["proof"]["thresholds"] == {"threshold_minor": THRESHOLD}


def test_a_late_entry_does_not_fire() -> None:
    driver = Driver()
    driver.pipe(*(an_entry(source_seq=seq) for seq in range(10, 10 + RECENT_WINDOW)))
    (outcome,) = driver.pipe(an_entry(source_seq=9, amount_minor=THRESHOLD))
    assert outcome.kind == "late"
    assert driver.alert_kinds() == []


def test_a_balance_alert_comes_before_that_of_the_entry() -> None:
    driver = Driver()
    driver.pipe(an_entry(amount_minor=THRESHOLD, balance_minor=100_000_00))
    assert driver.alert_kinds() == ["large_balance", "large_entry"]


def test_without_the_rule_nothing_fires() -> None:
    driver = Driver(some_rules(large_entry=None))
    driver.pipe(an_entry(amount_minor=THRESHOLD, balance_minor=0))
    assert driver.alert_kinds() == []


@pytest.mark.parametrize(("direction", "told"), [("credit", THRESHOLD), ("debit", -THRESHOLD)])
def test_a_direction_leaves_the_other_out(direction: str, told: int) -> None:
    driver = Driver(some_rules(large_entry={"direction": direction}))
    driver.pipe(*(an_entry(source_seq=seq, amount_minor=sign * THRESHOLD) for seq, sign in ((1, 1), (2, -1))))
    (alert,) = driver.published
    assert alert["payload"]["amount_minor"] == told
    assert alert["proof"]["thresholds"] == {"threshold_minor": THRESHOLD, "direction": direction}
