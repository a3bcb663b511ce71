import json

from connectors.sinks.parcels import parcels_of
from tests.support.alerts import a_standing


def test_siblings_of_one_cause_go_out_as_one_and_others_by_themselves() -> None:
    balance = a_standing("balance", cause=5)
    entry = a_standing("entry", cause=5, kind="large_entry", severity="urgent")
    other = a_standing("other", cause=6)
    together, alone = parcels_of([balance, other, entry])
    assert together.standing == (balance, entry)
    assert together.severity == "urgent"
    assert alone.standing == (other,)


def test_siblings_to_two_addressees_or_of_two_changes_are_not_one() -> None:
    one = a_standing("one", cause=5)
    assert len(parcels_of([one, a_standing("two", cause=5, to="M002")])) == 2
    assert len(parcels_of([one, a_standing("one", cause=5, revision=2, change="addressed")])) == 2


def test_a_record_that_stands_twice_is_in_its_parcel_once() -> None:
    (parcel,) = parcels_of([a_standing("one"), a_standing("one")])
    assert len(parcel.standing) == 1


def test_the_key_tells_the_records_and_does_not_depend_on_their_order() -> None:
    one, two = a_standing("one", cause=5), a_standing("two", cause=5)
    (alone,) = parcels_of([one])
    assert alone.key == f"{one.alert.alert_id}.1"
    (together,), (reversed_,) = parcels_of([one, two]), parcels_of([two, one])
    assert together.key == reversed_.key != alone.key


def test_the_body_holds_the_records_as_they_were_published() -> None:
    one, two = a_standing("one", cause=5, of_a_newer_c360=[1]), a_standing("two", cause=5)
    (parcel,) = parcels_of([one, two])
    body = json.loads(parcel.body())
    assert body["alerts"] == [json.loads(one.value), json.loads(two.value)]
    assert (body["idempotency_key"], body["to"], body["customer_id"]) == (parcel.key, "M001", "C1")


def test_a_parcel_tells_which_records_caused_its_alerts_as_the_worker_does() -> None:
    standing = a_standing("one", cause=5)
    (parcel,) = parcels_of([standing])
    assert parcel.story == f"alert {standing.alert.alert_id}.1 of account-changes/0/5"
