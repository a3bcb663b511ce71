"""`c360 dlq` on a real broker."""

import json
import subprocess
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor

import pytest

from schemas.aside import SetAside
from schemas.topics import DEAD_LETTER_DECISIONS, DEAD_LETTERS
from tests.support.system import committed_records, empty_topics, produce
from tests.unit.ops.test_cli import run

TOPIC = "account-changes"


def c360(bootstrap: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run("dlq", *arguments, KAFKA_BOOTSTRAP=bootstrap)


def letter(offset: int, reason: str, value: bytes | None = b'{"account_id": "A1"}', day: int = 23) -> SetAside:
    return SetAside.model_validate_json(
        json.dumps(
            {
                "topic": TOPIC,
                "partition": 1,
                "offset": offset,
                "reason": reason,
                "error": f"what is wrong with {offset}",
                "key_base64": b64encode(b"C1").decode(),
                "value_base64": None if value is None else b64encode(value).decode(),
                "recorded_at": f"2026-11-{day}T10:00:{offset:02}Z",
            }
        )
    )


def write_letters(bootstrap: str, *letters: SetAside) -> None:
    empty_topics(bootstrap, seeded=False)
    produce(bootstrap, [(DEAD_LETTERS, "C1", one.model_dump_json().encode()) for one in letters])


def ids(bootstrap: str, *filters: str) -> dict[int, str]:
    """Offset of the refused record -> id of the letter."""
    lines = c360(bootstrap, "list", "--json", *filters).stdout.splitlines()
    return {told["offset"]: told["id"] for told in map(json.loads, lines)}


def sent(bootstrap: str) -> list[bytes]:
    return [message.value() for message in committed_records(bootstrap, [TOPIC])]


def test_letters_are_listed_shown_replayed_once_and_dropped(kafka_bootstrap: str) -> None:
    write_letters(
        kafka_bootstrap,
        letter(1, "invalid", b"one"),
        letter(2, "refused", b"two", day=24),
        letter(3, "invalid", None),
        letter(4, "undecodable", b"four"),
    )
    listed = c360(kafka_bootstrap, "list", "--limit", "2").stdout.splitlines()
    assert listed[0] == "2 invalid, 1 refused, 1 undecodable"
    assert "refused         account-changes/1/2: what is wrong with 2" in listed[2]
    assert listed[3] == "(2 older ones: --limit)"
    known = ids(kafka_bootstrap)
    assert set(ids(kafka_bootstrap, "--since", "2026-11-24")) == {2}
    assert set(ids(kafka_bootstrap, "--until", "2026-11-24", "--reason", "invalid")) == {1, 3}

    done = c360(kafka_bootstrap, "replay", "--reason", "invalid", "--why", "the source is mended", "--by", "jn")
    assert done.stdout == "1 of 1 replayed\n", done.stderr
    assert done.stderr == f"{known[3]}: not sent, as its value was not copied; take it from account-changes/1/3.\n"
    assert sent(kafka_bootstrap) == [b"one"]
    again = c360(kafka_bootstrap, "replay", known[1])
    assert again.stdout == "No open letter is meant: nothing was done.\n"
    assert sent(kafka_bootstrap) == [b"one"]

    assert c360(kafka_bootstrap, "drop", known[3], known[4]).stdout == "2 of 2 dropped\n"
    assert set(ids(kafka_bootstrap)) == {2}
    assert set(ids(kafka_bootstrap, "--decided")) == {1, 2, 3, 4}
    shown = c360(kafka_bootstrap, "show", known[1]).stdout
    assert "decision   replayed by jn at " in shown
    assert "the source is mended" in shown
    assert "one" not in shown
    assert "value      one" in c360(kafka_bootstrap, "show", known[1], "--value").stdout
    assert c360(kafka_bootstrap, "show", "3/999").stderr.startswith("There is no dead letter 3/999: ")


@pytest.mark.kafka
def test_of_two_who_replay_at_a_time_none_sends_a_letter_twice(kafka_bootstrap: str) -> None:
    count = 1_200
    values = [f"{number}".encode() for number in range(count)]
    write_letters(kafka_bootstrap, *(letter(number % 60, "invalid", values[number]) for number in range(count)))
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda _: c360(kafka_bootstrap, "replay", "--all"), range(2)))
    # Whoever was ended by the other may have left some open.
    c360(kafka_bootstrap, "replay", "--all")
    assert sorted(sent(kafka_bootstrap)) == sorted(values)
    assert len(committed_records(kafka_bootstrap, [DEAD_LETTER_DECISIONS])) == count
    assert ids(kafka_bootstrap) == {}
