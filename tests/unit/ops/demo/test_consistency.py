from dataclasses import replace

from ops.demo.consistency import AlertRecord, Evidence, inconsistencies

ALERT = b'{"alert_id":"a1","revision":1}'
ADDRESSED = b'{"alert_id":"a1","revision":2}'


def sound() -> Evidence:
    """Three events of two customers and a tick; one was late, one dead, one raised an alert that was then addressed."""
    sections = {
        "$partition-0": {"progress": b"{}"},
        "B1": {"profile": b'{"name":"x"}', "summary": b"{}", "alert:a1": ADDRESSED},
        "B2": {"summary": b"{}"},
    }
    return Evidence(
        produced={"account-changes": 4, "clock": 1},
        counts={"$partition-0": {"folded": 3, "late": 1, "dead": 1}},
        late_records=1,
        dead_records=1,
        in_topic=sections,
        in_redis={owner: dict(found) for owner, found in sections.items()},
        alerts=(AlertRecord("a1", 1, "B1", ALERT), AlertRecord("a1", 2, "B1", ADDRESSED)),
    )


def with_redis(owner: str, **sections: bytes) -> Evidence:
    evidence = sound()
    return replace(evidence, in_redis={**evidence.in_redis, owner: {**evidence.in_redis.get(owner, {}), **sections}})


def without_redis(owner: str, section: str) -> Evidence:
    evidence = sound()
    left = {name: value for name, value in evidence.in_redis[owner].items() if name != section}
    return replace(evidence, in_redis={**evidence.in_redis, owner: left})


def only_sentence(evidence: Evidence) -> str:
    (sentence,) = inconsistencies(evidence)
    return sentence


def test_a_sound_system_leaves_nothing_to_say() -> None:
    assert inconsistencies(sound()) == []


def test_an_event_that_nobody_accounts_for_is_said() -> None:
    evidence = replace(sound(), produced={"account-changes": 5, "clock": 1})
    assert only_sentence(evidence).startswith("6 records were produced, but 5 are accounted for")


def test_an_event_counted_twice_is_said() -> None:
    evidence = replace(sound(), counts={"$partition-0": {"folded": 4, "late": 1, "dead": 1}})
    assert "5 records were produced, but 6 are accounted for (4 folded, 1 late, 1 dead)" in only_sentence(evidence)


def test_a_late_event_that_is_not_on_its_topic_is_said() -> None:
    assert only_sentence(replace(sound(), late_records=0)) == "1 records are counted as late, but late-events holds 0."


def test_a_dead_letter_published_twice_is_said() -> None:
    assert only_sentence(replace(sound(), dead_records=2)) == "1 records are counted as dead, but dead-letters holds 2."


def test_a_section_missing_in_redis_is_said() -> None:
    said = only_sentence(without_redis("B1", "profile"))
    assert said == "1 sections of customer-views are not in Redis: B1/profile."


def test_a_section_that_only_redis_has_is_said() -> None:
    said = only_sentence(with_redis("B3", summary=b"{}"))
    assert said == "1 sections in Redis are not in customer-views: B3/summary."


def test_a_section_that_differs_by_a_byte_is_said() -> None:
    said = only_sentence(with_redis("B1", profile=b'{"name":"y"}'))
    assert said == "1 sections in Redis differ from customer-views: B1/profile."


def test_the_progress_of_a_partition_is_compared_too() -> None:
    assert "$partition-0/progress" in only_sentence(with_redis("$partition-0", progress=b'{"clock_at":null}'))


def test_an_alert_published_twice_is_said() -> None:
    evidence = sound()
    evidence = replace(evidence, alerts=(*evidence.alerts, evidence.alerts[1]))
    assert only_sentence(evidence) == "1 alert revisions were published more than once: a1/2."


def test_an_alert_that_no_view_shows_is_said() -> None:
    evidence = sound()
    evidence = replace(evidence, alerts=(*evidence.alerts, AlertRecord("a2", 1, "B2", b"{}")))
    assert only_sentence(evidence) == "1 alerts on the topics are in no view: B2/alert:a2."


def test_an_alert_that_was_never_published_is_said() -> None:
    assert only_sentence(replace(sound(), alerts=())) == "1 alerts in views are on no topic: B1/alert:a1."


def test_an_alert_that_stayed_at_an_older_revision_in_its_view_is_said() -> None:
    evidence = sound()
    stale = {**evidence.in_topic, "B1": {**evidence.in_topic["B1"], "alert:a1": ALERT}}
    said = only_sentence(replace(evidence, in_topic=stale, in_redis=stale))
    assert said == "1 alerts in views differ from the newest record on their topic: B1/alert:a1."


def test_many_of_a_kind_are_told_in_one_sentence() -> None:
    evidence = sound()
    more = {f"C{n}": {"summary": b"{}"} for n in range(7)}
    said = only_sentence(replace(evidence, in_redis={**evidence.in_redis, **more}))
    assert said == (
        "7 sections in Redis are not in customer-views: "
        "C0/summary, C1/summary, C2/summary, C3/summary, C4/summary and 2 more."
    )
