from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from xml.etree import ElementTree as ET

from rich.console import Console

from ops.demo.board import Frame, Look, board, picture, progress_line, what_to_try
from ops.demo.figures import AlertLine, Figures, Suggestion

FRAME = Frame(
    kafka="Kafka 127.0.0.1:9092: maven, because Java 17 and Maven are there.",
    redis="Redis redis://127.0.0.1:6379: embedded, because the wheel has it.",
    source="Replaying data",
    stage="replaying",
    expected=1_000,
    metrics_urls=("http://127.0.0.1:1/metrics   (worker)",),
    suggestions=(Suggestion("B00000019", "the most alerts"),),
    command="c360",
)
LOOK = Look(
    figures=Figures(
        folded=640,
        events_per_second=812.4,
        lag=17,
        customers=235,
        views_in_redis=234,
        projector_lag=5,
        transactions={"committed": 31},
        clock=datetime(2018, 3, 14, tzinfo=UTC),
        latency_p50=0.02,
        latency_p99=0.2,
    ),
    alerts_by_kind={"large_balance": 12, "maturity": 3},
    latest_alerts=(AlertLine("2018-03-14", "large_entry", "B00000019", "M001", "debit of 60,000.00 CZK"),),
)


def text_of(frame: Frame, look: Look) -> str:
    console = Console(file=StringIO(), width=130, record=True)
    console.print(board(frame, look))
    return console.export_text()


def test_the_board_shows_flow_views_alerts_and_brokers() -> None:
    text = text_of(FRAME, LOOK)
    for shown in ("640 events", "812", "17", "14 March 2018", "235", "234", "31 committed", "<= 20 ms", "<= 200 ms"):
        assert shown in text
    for shown in ("large_balance", "debit of 60,000.00 CZK", "Java 17 and Maven are there", "c360 lookup B00000019"):
        assert shown in text
    assert "not well" not in text


def test_what_is_unknown_is_a_dash_not_a_zero() -> None:
    text = text_of(FRAME, Look())
    assert "lag                              -" in text


def test_trouble_stands_on_the_board() -> None:
    text = text_of(FRAME, Look(trouble=("redis is not available: refused",)))
    assert "not well" in text
    assert "redis is not available: refused" in text


def test_what_a_source_wrote_is_never_taken_for_markup() -> None:
    line = AlertLine("2018-03-14", "complaint_reminder", "B1", "M1", "[red]not mine[/red] [/oops]")
    assert "[red]not mine[/red] [/oops]" in text_of(FRAME, Look(latest_alerts=(line,), trouble=("[/oops]",)))


def test_latency_beyond_the_last_bucket_is_said_so() -> None:
    assert "over 60 s" in text_of(FRAME, Look(figures=Figures(latency_p99=float("inf"))))


def test_progress_fits_one_line() -> None:
    assert progress_line(FRAME, LOOK) == (
        "replaying: 640 events (812/s), lag 17, 234 views in Redis, 15 alerts, the bank's day 2018-03-14"
    )


def test_before_any_customer_stands_out_there_is_still_something_to_try() -> None:
    assert what_to_try(FRAME.at("live", suggestions=()))[0].startswith("c360 alerts tail")


def test_the_picture_is_an_svg_that_fetches_nothing() -> None:
    svg = picture(FRAME, LOOK, "c360 demo")
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "@font-face" not in svg
    assert svg.count("http") == svg.count('xmlns="http://www.w3.org/2000/svg"') + svg.count("http://127.0.0.1")


def test_the_consoles_address_stands_before_the_customers_worth_a_look() -> None:
    said = what_to_try(replace(FRAME, console="http://127.0.0.1:8360/console/"))
    assert said[0].startswith("http://127.0.0.1:8360/console/   ")
    assert "c360 lookup B00000019" in said[1]
