"""Log lines: their form, their level, and what never stands in them."""

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any, Final, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from ops.contracts.catalogue import events_of
from ops.contracts.messages import messages_of
from ops.logs import LogForm, formatter
from ops.redaction import redacted
from schemas.events import EVENTS_BY_TOPIC
from schemas.personal import PERSONAL
from schemas.topics import TOPICS
from tests.support.written_log import written_log

FORMS: Final[tuple[LogForm, ...]] = get_args(LogForm)
SECRET: Final = 'It\'s a "s3cret"'
BORN: Final = "1907-03-09"
SHOWN: Final = ("s3cret", BORN, "1907, 3, 9")


@pytest.fixture(params=FORMS)
def log(request: pytest.FixtureRequest) -> Iterator[tuple[logging.Logger, StringIO]]:
    """A logger of its own in each form, and what it wrote."""
    with written_log(request.param) as log:
        yield log


def events_with_secrets() -> Iterator[tuple[Any, dict[str, Any]]]:
    """(model, fields) of every type of event, each sensitive field of it stated."""
    for topic in EVENTS_BY_TOPIC:
        examples = {message.name: message.example for message in messages_of(TOPICS[topic])}
        for name, model in events_of(topic).items():
            assert isinstance(model, type)
            assert issubclass(model, BaseModel)
            fields = dict(examples[name])
            for field in model.model_fields.keys() & PERSONAL:
                fields[field] = BORN if field == "born_on" else SECRET
            yield model, fields


def test_no_sensitive_field_of_any_event_comes_into_the_log(log: tuple[logging.Logger, StringIO]) -> None:
    logger, written = log
    stated: set[str] = set()
    for model, fields in events_with_secrets():
        stated |= fields.keys() & PERSONAL
        wire = orjson.dumps(fields)
        event = model.model_validate_json(wire)
        logger.error("could not fold %r", event)
        logger.error("could not fold %s, in full %s", event, event.model_dump())
        logger.error("stands there as %s, that is %r, or %s", wire.decode(), wire, orjson.dumps(wire.decode()).decode())
        try:
            model.model_validate_json(orjson.dumps({**fields, "source_seq": SECRET, "occurred_at": fields}))
        except ValidationError:
            logger.exception("refused")
        try:
            raise RuntimeError(f"no fold for {event!r}")
        except RuntimeError:
            logger.exception("the worker stops")
    assert stated >= {"name", "document_number", "phone", "email", "address", "born_on", "content", "note", "payee"}
    text = written.getvalue()
    assert "could not fold" in text
    assert "Traceback" in text
    assert [line for line in text.splitlines() if any(secret in line for secret in SHOWN)] == []


@given(st.text(max_size=12), st.text(max_size=12))
def test_a_value_is_put_out_of_sight_whatever_stands_in_it(before: str, after: str) -> None:
    fields = {"account_id": "A1", "note": f"{before}s3cret{after}", "vip": True}
    wire = orjson.dumps(fields)
    quoted = orjson.dumps(wire.decode())
    model = ", ".join(f"{name}={value!r}" for name, value in fields.items())
    for text in (wire.decode(), repr(wire), repr(wire.decode()), quoted.decode(), repr(fields), f"Event({model})"):
        shown = redacted(f"could not fold {text} of C1")
        assert "s3cret" not in shown
        assert shown.startswith("could not fold ")
        assert "A1" in shown


def test_what_is_not_sensitive_stays() -> None:
    for line in (
        "Took over partitions [0, 1]: 12 records",
        'account-changes[0]@17: {"account_id":"A1","balance_minor":5}',
        "worker-1: name resolution failed",
        'KafkaError{code=_TIMED_OUT,val=-185,str="phone home"}',
    ):
        assert redacted(line) == line
    assert redacted('{"phone": "777", "vip": true}') == '{"phone": ***, "vip": true}'


def test_a_line_for_machines_is_one_json_object() -> None:
    record = logging.LogRecord("c360.worker", logging.WARNING, "", 0, "Held\n%s", ("back",), None)
    line = formatter("json").format(record)
    told = orjson.loads(line)
    assert told.pop("timestamp").endswith("Z")
    assert told == {"event": "Held\nback", "level": "warning", "logger": "c360.worker"}
    assert "\n" not in line


CHILD: Final = """
import logging, os, signal
from ops.logs import configure_logging
configure_logging("info", "json")
logger = logging.getLogger("c360.child")
for number in (None, signal.SIGUSR1, signal.SIGUSR2, signal.SIGUSR2):
    if number is not None:
        os.kill(os.getpid(), number)
    logger.debug("debug"), logger.info("info"), logger.warning("warning")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no such signals")
def test_the_level_is_changed_while_the_process_runs() -> None:
    child = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    assert [orjson.loads(line)["event"] for line in child.stderr.splitlines()] == [
        *("info", "warning"),
        *("Log level is debug now", "debug", "info", "warning"),
        *("Log level is info now", "info", "warning"),
        *("Log level is warning now", "warning"),
    ]
