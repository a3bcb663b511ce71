"""Why a view may be old, in words."""

import pytest

from connectors.serving.freshness import Freshness, duration

NOW = 1_000_000.0
WELL = {b"at": b"999999.5", b"state": b"running", b"lag": b"0", b"workers_behind": b"0"}


def test_when_all_is_well_there_is_nothing_to_say() -> None:
    assert Freshness.of(WELL).shortcomings(NOW) == []


@pytest.mark.parametrize(
    ("told", "cause", "said"),
    [
        ({}, "never_heard", "no projector has ever written here"),
        (
            WELL | {b"at": b"999000.0"},
            "silent",
            "the projector has been silent for 17 min: it is down, or cut off from Redis",
        ),
        (WELL | {b"state": b"stopped", b"at": b"999990.0"}, "stopped", "the projector was stopped 10 s ago"),
        (
            WELL | {b"state": b"kafka: no broker can be reached"},
            "waiting",
            "the projector waits for kafka: no broker can be reached",
        ),
        (WELL | {b"lag": b"1"}, "projector_behind", "1 change not shown yet: the projector is behind"),
        (
            WELL | {b"workers_behind": b"1500"},
            "workers_behind",
            "1,500 events not folded yet: the workers are behind, or down",
        ),
    ],
)
def test_each_shortcoming_says_who_is_behind(told: dict[bytes, bytes], cause: str, said: str) -> None:
    assert Freshness.of(told).shortcomings(NOW) == [said]
    assert Freshness.of(told).causes(NOW) == [cause]


def test_what_is_not_known_is_not_called_behind() -> None:
    assert Freshness.of(WELL | {b"lag": b"", b"workers_behind": b""}).shortcomings(NOW) == []


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (12.4, "12 s"), (300, "5 min"), (10_000, "3 h"), (864_000, "10 days")]
)
def test_a_length_of_time_is_rounded_as_people_do(seconds: float, said: str) -> None:
    assert duration(seconds) == said
