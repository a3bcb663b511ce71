"""The names in Redis: one slot per customer, one index per kind of section."""

import pytest
from redis.crc import key_slot

from connectors.redis_keys import SCHEMA, Keys, branch, following, manager, schema_of
from schemas.views import progress_key, split_key


def test_what_is_written_together_stands_in_one_slot_of_a_cluster() -> None:
    keys = Keys()
    for owner in ("B00000001", "a.b-c_d", split_key(progress_key(3))[0]):
        slots = {key_slot(key(owner).encode()) for key in (keys.owner, keys.staged, keys.doubt)}
        assert len(slots) == 1


def test_every_key_belongs_to_its_namespace_and_to_one_index() -> None:
    keys = Keys("2.7")
    named = [keys.view("B1"), keys.staged("B1"), keys.doubt("B1"), keys.partition(0), keys.resume, keys.projector]
    for who in (manager("M"), branch("M")):
        named += [keys.portfolio(who), keys.maturities(who), keys.birthdays(who), keys.contacts(who)]
    named += [keys.alerts_to("M"), keys.alerts_of("M"), keys.identified("phone", "M"), keys.identified("loan", "M")]
    named += [keys.value("EUR"), keys.value("EUR", "M"), keys.product("EUR", "EUR"), keys.product("EUR", "EUR", "M")]
    named += [keys.names("M"), keys.views_pattern, keys.pattern]
    assert all(name.startswith("c360:2.7:") for name in named)
    assert len(set(named)) == len(named)


def test_no_product_is_taken_for_another_ones_branch() -> None:
    keys = Keys()
    assert keys.product("a:CZK", "CZK", "b") != keys.product("a", "CZK", "CZK:b")
    assert "{" not in keys.product("{x}", "CZK")


def test_a_namespace_tells_its_schema_and_which_one_follows() -> None:
    assert schema_of("1") == 1
    assert schema_of("2.13") == 2
    assert following("1") == f"{SCHEMA}.2"
    assert following("2.13") == f"{SCHEMA}.14"


def test_a_partition_is_no_customer() -> None:
    keys = Keys()
    assert keys.owner("$partition-3") == keys.partition(3)
    assert not keys.partition(3).startswith(keys.views_pattern[:-1])


@pytest.mark.parametrize("customer", ["B00000001", "x:y", "a.b-c"])
def test_the_customer_can_be_read_back_from_the_key_of_his_view(customer: str) -> None:
    assert Keys("12").customer_of(Keys("12").view(customer)) == customer
