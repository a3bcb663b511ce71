"""`c360 generate` on a real broker."""

import orjson

from connectors.sources.entities import EVENT_TYPES
from schemas.topics import INPUT_TOPICS
from tests.support.system import committed_records, empty_topics
from tests.unit.ops.test_cli import run


def test_a_generated_bank_is_published_to_the_topics_of_its_events(kafka_bootstrap: str) -> None:
    empty_topics(kafka_bootstrap)
    done = run("generate", "--customers", "20", "--days", "30", KAFKA_BOOTSTRAP=kafka_bootstrap)
    assert done.returncode == 0, done.stderr
    records = committed_records(kafka_bootstrap, INPUT_TOPICS)
    assert done.stdout.splitlines()[-1].startswith(f"{len(records):,} events in ")
    for record in records:
        told = orjson.loads(record.value())
        assert (record.topic(), record.key().decode()) == (EVENT_TYPES[told["type"]].topic, told["customer_id"])
