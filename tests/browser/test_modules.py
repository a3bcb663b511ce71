"""The console's pure modules, called in the browser that will run them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from playwright.sync_api import Browser, Page

from connectors.serving.console.site import FOLDER
from schemas.base import CURRENCY_EXPONENTS
from tests.support.modules import empty_page

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Page]:
    """One empty page for all."""
    with empty_page(browser) as page:
        yield page


@pytest.fixture
def call(modules: Page) -> Call:
    """`call("ladder.js", "ladder", items, today)` in English."""
    words = orjson.loads((FOLDER / "words/en.json").read_bytes())
    return in_language(modules, "en", words)


def in_language(page: Page, language: str, words: dict[str, str]) -> Call:
    run = """async ([file, name, args, language, words, exponents]) => {
      (await import("./words.js")).use(language, words);
      (await import("./money.js")).know(exponents);
      return (await import(`./${file}`))[name](...args);
    }"""

    def called(file: str, name: str, *args: Any) -> Any:
        return page.evaluate(run, [file, name, list(args), language, words, CURRENCY_EXPONENTS])

    return called


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [
        (1_234_567, "CZK", "12,345.67\u00a0CZK"),
        (-5, "EUR", "-0.05\u00a0EUR"),
        (1_234, "JPY", "1,234\u00a0JPY"),
        (1_234_567, "KWD", "1,234.567\u00a0KWD"),
        (1_234_567, "IQD", "1,234.567\u00a0IQD"),
        (1_234_567, "PKR", "12,345.67\u00a0PKR"),
        (0, "CZK", "0.00\u00a0CZK"),
        (None, "CZK", "—"),
    ],
)
def test_money_has_the_decimals_of_its_currency(call: Call, minor: int | None, currency: str, said: str) -> None:
    assert call("money.js", "money", minor, currency) == said


def test_amounts_beyond_what_a_number_holds_are_exact(modules: Page) -> None:
    shown = modules.evaluate(
        """async (exponents) => {
          const { money, know } = await import("./money.js");
          const { parse } = await import("./api.js");
          know(exponents);
          return money(parse('{"total": 9223372036854775807}').total, "CZK");
        }""",
        CURRENCY_EXPONENTS,
    )
    assert shown == "92,233,720,368,547,758.07\u00a0CZK"


def test_money_and_days_follow_the_language(modules: Page) -> None:
    chinese = in_language(modules, "zh-CN", orjson.loads((FOLDER / "words/zh-CN.json").read_bytes()))
    assert chinese("days.js", "day", "2026-11-25") == "2026年11月25日"
    assert chinese("days.js", "distance", "2026-11-25", "2026-11-28") == "3 天后"
    assert chinese("money.js", "shortMoney", 123_456_700, "CZK") == "123万"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("2026-03-09", "Mar 9, 2026"),
        ("0800-12-31", "Dec 31, 0800"),
        ("2026-13-01", "2026-13-01"),
        ("soon", "soon"),
        ("", "—"),
    ],
)
def test_a_day_that_is_none_is_shown_as_it_was_told(call: Call, told: str, shown: str) -> None:
    assert call("days.js", "day", told) == shown


def test_an_instant_is_told_in_the_reader_s_own_time(modules: Page, call: Call) -> None:
    minutes = modules.evaluate("-new Date('2026-01-05T10:00:30Z').getTimezoneOffset()")
    at = datetime(2026, 1, 5, 10, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    assert call("days.js", "instant", "2026-01-05T10:00:30Z") == f"Jan {at.day}, 2026, {at:%H:%M}"
    assert call("days.js", "clock", "2026-01-05T10:00:30.250Z") == f"{at:%H:%M:%S}"
    assert call("days.js", "instant", "yesterday") == "yesterday"


def test_days_are_calendar_days_wherever_the_reader_is(call: Call) -> None:
    assert call("days.js", "day", "2026-03-29") == "Mar 29, 2026"
    assert call("days.js", "daysBetween", "2026-03-28", "2026-03-30") == 2
    assert call("days.js", "distance", "2026-11-25", "2026-11-24") == "1 day ago"
    assert call("days.js", "plusDays", "2024-02-28", 2) == "2024-03-01"


def test_amounts_that_are_hidden_do_not_look_unknown(call: Call) -> None:
    payload = {"account_id": "A1", "currency": "CZK", "balance_minor": None, "threshold_minor": None}
    alert = {"kind": "large_balance", "customer_id": "C1", "payload": payload}
    call("money.js", "hide", True)
    hidden = call("wording.js", "alertInWords", alert)
    call("money.js", "hide", False)
    assert hidden == "Account A1 holds ••• (threshold •••)."
    assert call("wording.js", "alertInWords", alert) == "Account A1 holds — (threshold —)."


@pytest.mark.parametrize(
    ("born_on", "today", "on"),
    [
        ("1970-11-27", "2026-11-25", "2026-11-27"),
        ("1970-11-25", "2026-11-25", "2026-11-25"),
        ("1970-01-02", "2026-12-30", "2027-01-02"),
        ("1972-02-29", "2026-02-20", "2026-02-28"),
        ("1972-02-29", "2028-02-20", "2028-02-29"),
    ],
)
def test_a_birthday_comes_round_once_a_year(call: Call, born_on: str, today: str, on: str) -> None:
    assert call("days.js", "comesRound", born_on, today) == on


def test_what_changed_is_put_into_the_view_and_what_is_gone_is_taken_out(call: Call) -> None:
    view = {"name": "Jana", "accounts": {"A1": 1, "A2": 2}, "holdings": {"products": {"loan": 1}}, "totals": 5}
    told = {
        "profile": {"name": "Eva", "tier": "top"},
        "account:A1": None,
        "account:A:3": 3,
        "alert:x": 4,
        "history:A2": 7,
        "holdings": None,
        "summary": {"totals": 6},
        "progress-of-later-versions": {"more": 1},
    }
    assert call("changes.js", "applied", view, told) == {
        "name": "Eva",
        "tier": "top",
        "accounts": {"A2": 2, "A:3": 3},
        "alerts": {"x": 4},
        "history": {"A2": 7},
        "holdings": {"products": {}},
        "totals": 6,
        "more": 1,
    }


def a_loan(**parts: Any) -> dict[str, Any]:
    return {"contract_id": "L1", "currency": "CZK", "drawdowns": parts}


def a_drawdown(on: str | None, amount: int | None, repaid: int = 0, status: str = "open") -> dict[str, Any]:
    return {"maturity_on": on, "amount_minor": amount, "repaid_minor": repaid, "status": status}


def test_the_ladder_holds_what_is_still_owed_on_the_rung_of_its_day(call: Call) -> None:
    view = {
        "accounts": {
            "A1": {
                "account_id": "A1",
                "currency": "EUR",
                "status": "open",
                "maturity_on": "2026-12-01",
                "balance_minor": 900,
            },
            "A2": {
                "account_id": "A2",
                "currency": "EUR",
                "status": "closed",
                "maturity_on": "2026-12-01",
                "balance_minor": 7,
            },
        },
        "loans": {
            "L1": a_loan(
                D1=a_drawdown("2026-11-30", 1_000, 400),
                D2=a_drawdown("2026-11-20", 50),
                D3=a_drawdown("2030-01-01", 70),
                D4=a_drawdown("2026-12-20", 80, status="settled"),
                D5=a_drawdown(None, 90),
                D6=a_drawdown("2026-12-20", None),
            )
        },
    }
    rungs = dict(call("ladder.js", "ladder", call("ladder.js", "maturities", view), "2026-11-25"))
    filled = {
        currency: {rung["rung"]: (rung["in"], rung["out"]) for rung in held if rung["in"] or rung["out"]}
        for currency, held in rungs.items()
    }
    assert filled == {"CZK": {"past": (0, 50), "week": (0, 600), "later": (0, 70)}, "EUR": {"week": (900, 0)}}
    assert list(rungs) == ["EUR", "CZK"], "the currency with most comes first"


def test_a_balance_line_carries_months_without_a_closing_forward(call: Call) -> None:
    history = {"closings": {"2026-08": {"balance_minor": 30}, "2026-05": {"balance_minor": 10}}}
    points = call("sparkline.js", "points", history, 40, "2026-10")
    assert [(point["month"], point["minor"]) for point in points] == [
        ("2026-05", 10),
        ("2026-06", 10),
        ("2026-07", 10),
        ("2026-08", 30),
        ("2026-09", 30),
        (None, 40),
    ]
    assert call("sparkline.js", "points", None, None, None) == []


def test_a_balance_line_spans_its_box_and_shows_zero_only_when_it_is_crossed(call: Call) -> None:
    drawn = call("sparkline.js", "line", [-10, 30, 10], 100, 28, 4)
    assert drawn["at"] == [[4, 24], [50, 4], [96, 14]]
    assert drawn["zero"] == 19
    flat = call("sparkline.js", "line", [5, 5], 100, 28, 4)
    assert flat == {"at": [[4, 14], [96, 14]], "zero": None}


def test_open_complaints_lead_the_warnings_and_what_is_closed_warns_of_nothing(call: Call) -> None:
    view = {
        "complaints": {
            "K1": {"complaint_id": "K1", "status": "open", "received_on": "2026-02-01"},
            "K2": {"complaint_id": "K2", "status": "in_progress", "received_on": "2026-01-01"},
            "K3": {"complaint_id": "K3", "status": "resolved", "received_on": "2020-01-01"},
        },
        "loans": {"L1": {"contract_id": "L1", "status": "in_arrears", "arrears_minor": 5, "currency": "CZK"}},
        "accounts": {"A1": {"account_id": "A1", "status": "frozen", "frozen_minor": 7, "currency": "CZK"}},
        "alerts": {
            "1": {"alert_id": "1", "state": "raised", "severity": "urgent", "raised_at": "2026-01-01T00:00:00Z"},
            "2": {"alert_id": "2", "state": "dismissed", "severity": "urgent", "raised_at": "2026-01-01T00:00:00Z"},
        },
    }
    found = call("warnings.js", "warnings", view)
    assert [(one["what"], one["panel"]) for one in found] == [
        ("complaints", "complaints"),
        ("arrears", "lending"),
        ("frozen", "holdings"),
        ("alerts", "alerts"),
    ]
    assert found[0]["values"] == {"n": 2, "on": "2026-01-01", "late": 0}
    assert found[3]["values"] == {"n": 1}
    late = view | {"today": "2026-02-10", "limits": {"K1": {"acknowledgement": "2026-02-09"}, "K2": {}}}
    (first, *_) = call("warnings.js", "warnings", late)
    assert (first["grade"], first["what"], first["values"]["late"]) == ("urgent", "complaints_overdue", 1)
    assert call("warnings.js", "warnings", {}) == []


def test_the_timeline_tells_each_thing_once_newest_first(call: Call) -> None:
    view = {
        "timeline": {
            "events": [
                {"at": "2026-01-05T10:00:00Z", "type": "complaint.received", "subject": "complaint:K1", "detail": {}},
                {"at": "2026-01-07T10:00:00.5Z", "type": "account.opened", "subject": "account:A1", "detail": {}},
            ]
        },
        "complaints": {
            "K1": {"complaint_id": "K1", "received_on": "2026-01-05"},
            "K0": {"complaint_id": "K0", "received_on": "2026-01-07"},
        },
        "alerts": {"1": {"raised_at": "2026-01-07T10:00:00Z", "subject": "account:A1", "kind": "large_entry"}},
    }
    told = call("timeline.js", "merged", view)
    assert [(event["type"], event["subject"]) for event in told] == [
        ("account.opened", "account:A1"),
        ("alert.raised", "account:A1"),
        ("complaint.received", "complaint:K0"),
        ("complaint.received", "complaint:K1"),
    ]
    assert len(call("timeline.js", "merged", view, 2)) == 2


def test_alerts_are_told_in_sentences_of_their_own_values(call: Call) -> None:
    payload = {
        "account_id": "A1",
        "currency": "CZK",
        "amount_minor": -5_000_00,
        "balance_minor": 1_00,
        "booked_on": "2026-01-05",
    }
    alert = {"kind": "large_entry", "customer_id": "C1", "payload": payload}
    said = "5,000.00\u00a0CZK went out of account A1, booked Jan 5, 2026; balance 1.00\u00a0CZK."
    assert call("wording.js", "alertInWords", alert) == said
    unnamed = {"complaint_on": "2026-01-05", "content": "<b>late</b>", "customer_id": "C1", "customer_name": None}
    reminder = {"kind": "complaint_reminder", "customer_id": "C1", "payload": unnamed}
    assert call("wording.js", "alertInWords", reminder) == "C1 (C1) complained on Jan 5, 2026: <b>late</b>"
    unheard = {
        "kind": "moon_phase",
        "customer_id": "C1",
        "payload": {"phase": "full", "value_minor": 5, "currency": "CZK"},
    }
    assert call("wording.js", "alertInWords", unheard) == "moon phase: phase full · value 0.05\u00a0CZK"


def test_why_views_are_old_is_told_in_the_reader_s_language_or_else_in_the_server_s(call: Call) -> None:
    told = {"causes": ["stopped", "workers_behind"], "reason": "the projector was stopped 3 s ago; and so on"}
    assert call("wording.js", "staleInWords", told) == (
        "the projector was stopped; events are not folded yet: the workers are behind, or down"
    )
    assert call("wording.js", "staleInWords", {**told, "causes": ["stopped", "struck_by_lightning"]}) == told["reason"]


def test_events_of_a_stream_are_whole_however_its_bytes_are_cut(modules: Page) -> None:
    sent = ': hello\n\nid: 7\nevent: alert\ndata: {"a":1}\ndata:  two\n\r\nevent: lost\n\ndata: last\r\n\r\ndata: half'
    read = """async ([text, size]) => {
      const { reader } = await import("./sse.js");
      const events = reader();
      const found = [];
      for (let at = 0; at < text.length; at += size) found.push(...events.read(text.slice(at, at + size)));
      return [found, events.lastId];
    }"""
    whole = modules.evaluate(read, [sent, 1_000])
    assert whole == [
        [{"event": "alert", "data": '{"a":1}\n two', "id": "7"}, {"event": "message", "data": "last", "id": "7"}],
        "7",
    ]
    assert all(modules.evaluate(read, [sent, size]) == whole for size in (1, 2, 3, 5, 7))


def test_waits_between_connections_grow_to_half_a_minute(call: Call) -> None:
    assert [call("stream.js", "wait", failures, 1) for failures in (0, 1, 5, 6, 60)] == [
        500,
        1_000,
        16_000,
        30_000,
        30_000,
    ]
    assert call("stream.js", "wait", 0, 0) == 250


def test_a_stream_goes_on_from_the_last_event_it_had(modules: Page) -> None:
    heard = modules.evaluate(
        """async () => {
          const { follow } = await import("./stream.js");
          const asked = [];
          const events = [];
          await new Promise((done) => {
            const close = follow((headers) => {
              asked.push(headers["Last-Event-ID"] ?? null);
              if (asked.length === 2) return Promise.reject(new Error("down"));
              return Promise.resolve(new Response(`id: ${asked.length}\\nevent: view\\ndata: ${asked.length}\\n\\n`));
            }, { event: take, state: () => {} });
            function take(name, data) {
              events.push(data);
              if (events.length === 2) { close(); done(); }
            }
          });
          return [asked, events];
        }"""
    )
    assert heard == [[None, "1", "1"], ["1", "3"]]


@pytest.mark.parametrize(("lasted_ms", "told"), [(300_000, ["live", "live"]), (5, ["live", "waiting", "live"])])
def test_a_stream_that_the_server_ends_in_words_goes_on_at_once_but_not_round_and_round(
    modules: Page, lasted_ms: int, told: list[str]
) -> None:
    states = modules.evaluate(
        """async (lasted) => {
          const { follow } = await import("./stream.js");
          const states = [];
          let clock = 0;
          return new Promise((done) => {
            const answer = () => Promise.resolve(new Response('event: end\\ndata: {"reason":"expired"}\\n\\n'));
            const on = {
              event: (name) => { if (name === "end") clock += lasted; },
              state: (state) => {
                states.push(state);
                if (states.filter((one) => one === "live").length === 2) { close(); done(states); }
              },
            };
            const close = follow(answer, on, 0, document, () => clock);
          });
        }""",
        lasted_ms,
    )
    assert states == told


def test_a_session_counts_as_run_out_before_it_is_and_is_renewed_well_before_that(modules: Page) -> None:
    kept = """async ([lasts, chance]) => {
      const { keep, session, spend } = await import("./session.js");
      keep({ access_token: "one", refresh_token: "r1", expires_in: lasts }, { name: "Marek", family: "f" }, 0, chance);
      const { until, renewAt } = session(0);
      keep({ access_token: "two", expires_in: lasts }, session(0), 0, chance);
      const { token, refresh, name } = session(Infinity);
      spend("one");
      const untouched = session(0).until;
      spend("two");
      return [until / 1000, renewAt / 1000, token, refresh, name, untouched === until, session(0).until];
    }"""
    assert modules.evaluate(kept, [300, 0]) == [270, 150, "two", "r1", "Marek", True, 0]
    assert modules.evaluate(kept, [300, 1])[:2] == [270, 210]
    assert modules.evaluate(kept, [5, 1])[:2] == [4, 3.5]
    without = """async () => {
      const { forget, keep, session } = await import("./session.js");
      keep({ access_token: "one", expires_in: 300 }, {}, 0);
      const found = [session(269_000) !== null, session(270_000) !== null];
      forget();
      return [...found, session(0)];
    }"""
    assert modules.evaluate(without) == [True, False, None]


@pytest.mark.parametrize(
    ("waited_ms", "first_fails", "told"),
    [
        (1_500, False, ["freshness"]),
        (1_500, True, ["freshness"]),
        (60_000, False, ["reset", "freshness"]),
        (60_000, True, ["reset", "freshness"]),
    ],
)
def test_a_stream_that_begins_long_after_the_page_was_read_has_it_read_again(
    modules: Page, waited_ms: int, first_fails: bool, told: list[str]
) -> None:
    heard = modules.evaluate(
        """async ([waited, firstFails]) => {
          const { follow } = await import("./stream.js");
          const heard = [];
          let clock = 0;
          let connections = 0;
          return new Promise((done) => {
            const close = follow(() => {
              connections += 1;
              clock = waited;
              if (firstFails && connections === 1) return Promise.reject(new Error("down"));
              return Promise.resolve(new Response("id: 1\\nevent: freshness\\ndata: {}\\n\\n"));
            }, { event: take, state: () => {} }, 0, document, () => clock);
            function take(name) {
              heard.push(name);
              if (name === "freshness") { close(); done(heard); }
            }
          });
        }""",
        [waited_ms, first_fails],
    )
    assert heard == told


def test_an_event_that_a_page_can_not_take_is_reported_and_what_follows_it_comes(modules: Page) -> None:
    found = modules.evaluate(
        """async () => {
          const { follow } = await import("./stream.js");
          const [asked, heard, reported] = [[], [], []];
          globalThis.reportError = (error) => reported.push(error.message);
          return new Promise((done) => {
            const close = follow((headers) => {
              asked.push(headers["Last-Event-ID"] ?? null);
              if (asked.length === 3) { close(); done([asked, heard, reported]); }
              const alert = "event: alert\\ndata: {}\\n\\n";
              // The second is cut in the middle of an event, which is not there then.
              const view = asked.length === 1 ? "id: 2\\nevent: view\\ndata: {}\\n\\n" : "id: 3\\nevent: view\\n";
              return Promise.resolve(new Response(`id: 1\\nevent: freshness\\ndata: {}\\n\\n${alert}${view}`));
            }, { event: take, state: () => {} });
            function take(name) {
              heard.push(name);
              if (name === "alert") throw new Error("not to be drawn");
            }
          });
        }"""
    )
    assert found == [
        [None, "2", "1"],
        ["freshness", "alert", "view", "freshness", "alert"],
        ["not to be drawn", "not to be drawn"],
    ]


def test_a_stream_that_ends_as_soon_as_it_begins_is_asked_for_later_each_time(modules: Page) -> None:
    waits = modules.evaluate(
        """async () => {
          const { follow, wait } = await import("./stream.js");
          const at = [];
          return new Promise((done) => {
            const close = follow(() => {
              at.push(performance.now());
              if (at.length === 4) { close(); done(at.slice(1).map((moment, place) => moment - at[place])); }
              return Promise.resolve(new Response('event: end\\ndata: {"reason":"gone"}\\n\\n'));
            }, { event: () => {}, state: () => {} });
          });
        }"""
    )
    # At least half of 500 ms, 1 s, 2 s: nothing but the least is promised.
    assert [wait >= least for wait, least in zip(waits, (249, 499, 999), strict=True)] == [True] * 3


def test_connections_that_fail_late_are_tried_later_each_time_too(modules: Page) -> None:
    lengths = modules.evaluate(
        """async () => {
          const { follow } = await import("./stream.js");
          const at = [];
          let clock = 0;
          return new Promise((done) => {
            const close = follow(() => {
              at.push(performance.now());
              if (at.length === 4) { close(); done(at.slice(1).map((moment, place) => moment - at[place])); }
              clock += 20_000;
              return Promise.reject(new Error("nobody answered"));
            }, { event: () => {}, state: () => {} }, 0, document, () => clock);
          });
        }"""
    )
    assert [length >= least for length, least in zip(lengths, (249, 499, 999), strict=True)] == [True] * 3


def test_answers_that_overtake_each_other_and_what_was_told_meanwhile(modules: Page) -> None:
    found = modules.evaluate(
        """async () => {
          const { readings } = await import("./changes.js");
          const known = readings();
          const answers = [];
          const ask = () => known.read(() => new Promise((give, fail) => answers.push([give, fail])));
          const answer = (name) => ({ name, freshness: {} });
          known.put({ a: 1, b: 1 });
          const [first, second, third] = [ask(), ask(), ask()];
          known.put({ b: 2 });
          answers[1][0](answer("second"));
          const found = [await second];
          answers[0][1](new Error("of an older one"));
          found.push(await first);
          known.forget();
          answers[2][0](answer("third"));
          found.push(await third);
          const last = ask();
          known.put({ c: 3 });
          answers[3][0](answer("last"));
          found.push(await last);
          const failing = ask();
          answers[4][1](new Error("of the newest"));
          found.push(await failing.catch((error) => error.message));
          return found;
        }"""
    )
    assert found == [
        {"answer": {"name": "second", "freshness": {}}, "lately": {"a": 1, "b": 2}},
        None,
        None,
        {"answer": {"name": "last", "freshness": {}}, "lately": {"c": 3}},
        "of the newest",
    ]


@pytest.mark.parametrize(
    ("causes", "lacks"), [([], {"b": 2}), (["workers_behind"], {"b": 2}), (["stopped"], {"a": 1, "b": 2})]
)
def test_an_answer_may_lack_what_was_told_lately_and_an_old_one_all_of_it(
    modules: Page, causes: list[str], lacks: dict[str, int]
) -> None:
    story = """async (causes) => {
      const { readings } = await import("./changes.js");
      let clock = 0;
      const known = readings(() => clock);
      known.put({ a: 1 });
      clock = 5_000;
      known.put({ b: 2 });
      clock = 13_000;
      return (await known.read(async () => ({ freshness: { causes } }))).lately;
    }"""
    assert modules.evaluate(story, causes) == lacks


def test_a_page_that_nobody_sees_follows_nothing_until_it_is_seen_again(modules: Page) -> None:
    asked = modules.evaluate(
        """async () => {
          const { follow } = await import("./stream.js");
          const page = Object.assign(new EventTarget(), { hidden: true });
          const asked = [];
          const live = new Promise((done) => {
            const close = follow((headers) => {
              asked.push(page.hidden);
              return Promise.resolve(new Response("id: 1\\nevent: view\\ndata: {}\\n\\n"));
            }, { event: () => { close(); done(); }, state: () => {} }, 0, page);
          });
          page.dispatchEvent(new Event("visibilitychange"));
          await Promise.resolve();
          asked.push(asked.length);
          page.hidden = false;
          page.dispatchEvent(new Event("visibilitychange"));
          await live;
          return asked;
        }"""
    )
    assert asked == [0, False]


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(["zh-Hans", "en"], "zh-CN"), (["de", "en-GB"], "en"), ([None, "zh"], "zh-CN"), ([], "en")],
)
def test_a_language_is_chosen_by_the_first_wish_that_can_be_met(call: Call, wishes: list[str], language: str) -> None:
    assert call("words.js", "chosen", wishes) == language


def test_a_number_is_told_from_the_beginning_of_a_name(call: Call) -> None:
    assert [call("search.js", "isNumber", text) for text in ("Novák", "王小明", "B00005253", "+420 777")] == [
        False,
        False,
        True,
        True,
    ]
