"""What a change breaks, rule by rule; schemas are written out as small as they can be."""

from typing import Any

import pytest

from ops.contracts.compatibility import breaking

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
TEXT_OR_NULL: Schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def an_object(required: tuple[str, ...] = (), /, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(required)}


def one_of(*values: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(values), **more}


def published(old: Schema, new: Schema) -> list[str]:
    return breaking(old, new, "published")


def consumed(old: Schema, new: Schema) -> list[str]:
    return breaking(old, new, "consumed")


def of_field(old: Schema, new: Schema) -> tuple[Schema, Schema]:
    return an_object(("f",), f=old), an_object(("f",), f=new)


# -- fields --


def test_what_is_unchanged_breaks_nothing() -> None:
    same = an_object(("a",), a=TEXT, b=TEXT_OR_NULL)
    assert published(same, same) == []
    assert consumed(same, same) == []


def test_a_new_optional_field_breaks_nobody() -> None:
    old, new = an_object(("a",), a=TEXT), an_object(("a",), a=TEXT, b=TEXT)
    assert published(old, new) == []
    assert consumed(old, new) == []


def test_a_new_required_field_breaks_producers_only() -> None:
    old, new = an_object(("a",), a=TEXT), an_object(("a", "b"), a=TEXT, b=TEXT)
    assert published(old, new) == []
    assert consumed(old, new) == ["b: the field is newly required, and producers may not send it."]


def test_a_field_that_became_required_breaks_producers_only() -> None:
    old, new = an_object((), a=TEXT), an_object(("a",), a=TEXT)
    assert published(old, new) == []
    assert consumed(old, new) == ["a: the field is newly required, and producers may not send it."]


def test_a_removed_field_breaks_consumers_only_even_if_it_was_optional() -> None:
    old, new = an_object(("a",), a=TEXT, b=TEXT), an_object(("a",), a=TEXT)
    assert published(old, new) == ["b: the field was removed, and consumers read it."]
    assert consumed(old, new) == []


def test_a_field_that_became_optional_breaks_consumers_only() -> None:
    old, new = an_object(("a",), a=TEXT), an_object((), a=TEXT)
    assert published(old, new) == ["a: the field was required and became optional, and consumers rely on it."]
    assert consumed(old, new) == []


# -- types --


def test_another_type_breaks_both() -> None:
    old, new = of_field(TEXT, NUMBER)
    assert published(old, new) == ["f: its type was string and is integer now, and consumers were promised the former."]
    assert consumed(old, new) == ["f: its type was string and is integer now, and producers send the former."]


def test_a_field_that_may_be_null_now_breaks_consumers_only() -> None:
    old, new = of_field(TEXT, TEXT_OR_NULL)
    assert published(old, new) == [
        "f: its type was string and is string or null now, and consumers were promised the former."
    ]
    assert consumed(old, new) == []


def test_a_field_that_may_not_be_null_any_more_breaks_producers_only() -> None:
    old, new = of_field(TEXT_OR_NULL, TEXT)
    assert published(old, new) == []
    assert consumed(old, new) == ["f: its type was string or null and is string now, and producers send the former."]


def test_an_integer_is_a_number_but_not_the_other_way_round() -> None:
    old, new = of_field({"type": "integer"}, {"type": "number"})
    assert consumed(old, new) == []
    assert len(published(old, new)) == 1


def test_anything_narrowed_to_a_type_breaks_producers_and_lifted_from_it_consumers() -> None:
    assert len(consumed(*of_field({}, TEXT))) == 1
    assert published(*of_field({}, TEXT)) == []
    assert len(published(*of_field(TEXT, {}))) == 1
    assert consumed(*of_field(TEXT, {})) == []


def test_types_may_be_written_as_a_list() -> None:
    old, new = of_field(TEXT_OR_NULL, {"type": ["string", "null"]})
    assert published(old, new) == []
    assert consumed(old, new) == []


def test_the_value_itself_may_change_its_type() -> None:
    assert published(TEXT, NUMBER)[0].startswith("the value: its type was string")


# -- lists of values --


def test_a_value_added_breaks_consumers_unless_they_were_told_that_the_list_grows() -> None:
    old, new = of_field(one_of("a"), one_of("a", "b"))
    assert published(old, new) == ["f: the value 'b' was added, and consumers may not know it."]
    assert consumed(old, new) == []
    extensible = of_field(one_of("a", **{"x-extensible": True}), one_of("a", "b", **{"x-extensible": True}))
    assert published(*extensible) == []


def test_a_value_removed_breaks_both_also_of_a_list_that_grows() -> None:
    old, new = of_field(one_of("a", "b"), one_of("a"))
    assert published(old, new) == ["f: the value 'b' was removed, and consumers may wait for it."]
    assert consumed(old, new) == ["f: the value 'b' was removed, and producers may send it."]
    extensible = of_field(one_of("a", "b", **{"x-extensible": True}), one_of("a", **{"x-extensible": True}))
    assert len(published(*extensible)) == 1


def test_a_list_can_not_become_extensible_behind_its_consumers_backs() -> None:
    old, new = of_field(one_of("a"), one_of("a", **{"x-extensible": True}))
    assert published(old, new) == ["f: the list of values became extensible, and consumers were told that it is whole."]
    assert consumed(old, new) == []


def test_a_list_lifted_breaks_consumers_and_one_imposed_producers() -> None:
    lifted = of_field(one_of("a"), TEXT)
    assert published(*lifted) == ["f: any value is published now, and consumers know only 'a'."]
    assert consumed(*lifted) == []
    imposed = of_field(TEXT, one_of("a"))
    assert published(*imposed) == []
    assert consumed(*imposed) == ["f: only 'a' is accepted now, and producers may send other values."]


def test_a_constant_is_a_list_of_one_value() -> None:
    old, new = of_field({"type": "string", "const": "a"}, one_of("a"))
    assert published(old, new) == []
    assert consumed(old, new) == []
    assert len(consumed(*of_field(one_of("a", "b"), {"type": "string", "const": "a"}))) == 1


# -- limits --


@pytest.mark.parametrize(
    ("keyword", "loose", "tight"),
    [
        ("minimum", 0, 1),
        ("exclusiveMinimum", 0, 1),
        ("minLength", 0, 1),
        ("maximum", 2, 1),
        ("maxLength", 64, 32),
        ("maxItems", 64, 32),
    ],
)
def test_a_limit_tightened_breaks_producers_and_one_loosened_consumers(keyword: str, loose: int, tight: int) -> None:
    loosely, tightly = {"type": "integer", keyword: loose}, {"type": "integer", keyword: tight}
    tightened, loosened = of_field(loosely, tightly), of_field(tightly, loosely)
    assert consumed(*tightened) == [f"f: its {keyword} was tightened, and producers may not keep to it."]
    assert published(*tightened) == []
    assert published(*loosened) == [f"f: its {keyword} was loosened, and consumers rely on it."]
    assert consumed(*loosened) == []


@pytest.mark.parametrize("limit", [{"pattern": "^a$"}, {"format": "date"}, {"maxLength": 3}, {"uniqueItems": True}])
def test_a_limit_that_comes_breaks_producers_and_one_that_goes_consumers(limit: Schema) -> None:
    assert len(consumed(*of_field(TEXT, TEXT | limit))) == 1
    assert published(*of_field(TEXT, TEXT | limit)) == []
    assert len(published(*of_field(TEXT | limit, TEXT))) == 1
    assert consumed(*of_field(TEXT | limit, TEXT)) == []


def test_another_pattern_breaks_both_since_nobody_can_tell_which_is_wider() -> None:
    changed = of_field(TEXT | {"pattern": "^a$"}, TEXT | {"pattern": "^b$"})
    assert len(published(*changed)) == 1
    assert len(consumed(*changed)) == 1


# -- depth --


def test_fields_within_fields_items_and_maps_are_named_by_their_way() -> None:
    def nested(leaf: Schema) -> Schema:
        part = an_object(("offset",), offset=leaf)
        causes = {"type": "array", "items": part}
        freezes = {"type": "object", "additionalProperties": part}
        return an_object(("proof", "freezes"), proof=an_object((), causes=causes), freezes=freezes)

    found = published(nested(NUMBER), nested(TEXT))
    assert [sentence.partition(":")[0] for sentence in found] == ["freezes.*.offset", "proof.causes[].offset"]
    assert len(consumed(nested(NUMBER), nested(TEXT))) == 2


def test_items_and_maps_that_were_of_a_type_can_not_become_anything() -> None:
    listed = {"type": "array", "items": NUMBER}, {"type": "array"}
    mapped = {"type": "object", "additionalProperties": NUMBER}, {"type": "object", "additionalProperties": True}
    assert published(*listed)[0].startswith("[]: its type was integer and is anything now")
    assert published(*mapped)[0].startswith("*: its type was integer and is anything now")
    assert consumed(*listed) == consumed(*mapped) == []


def test_an_object_closed_to_other_fields_breaks_the_producers_of_such() -> None:
    old, new = an_object((), a=TEXT), {**an_object((), a=TEXT), "additionalProperties": False}
    assert len(consumed(old, new)) == 1
    assert published(old, new) == []


def test_references_are_followed_and_what_stands_beside_them_counts() -> None:
    def referring(**beside: Any) -> Schema:
        return {**an_object(("k",), k={"$ref": "#/$defs/Kind", **beside}), "$defs": {"Kind": one_of("a")}}

    def grown(**beside: Any) -> Schema:
        return {**referring(**beside), "$defs": {"Kind": one_of("a", "b")}}

    assert published(referring(), grown()) == ["k: the value 'b' was added, and consumers may not know it."]
    assert published(referring(**{"x-extensible": True}), grown(**{"x-extensible": True})) == []
    assert published(referring(), an_object(("k",), k=one_of("a"))) == []


def test_a_schema_that_refers_to_itself_is_compared_and_ends() -> None:
    def a_tree(leaf: Schema) -> Schema:
        return {"$ref": "#/$defs/Tree", "$defs": {"Tree": an_object((), leaf=leaf, branch={"$ref": "#/$defs/Tree"})}}

    assert published(a_tree(TEXT), a_tree(TEXT)) == []
    assert len(published(a_tree(TEXT), a_tree(NUMBER))) == 1


def test_of_several_alternatives_the_one_that_fits_best_is_told_about() -> None:
    deposit = an_object(("account_id", "balance"), account_id=TEXT, balance=NUMBER)
    drawdown = an_object(("contract_id", "amount"), contract_id=TEXT, amount=NUMBER)
    without = an_object(("contract_id",), contract_id=TEXT)
    assert published({"anyOf": [deposit, drawdown]}, {"anyOf": [deposit, without]}) == [
        "amount: the field was removed, and consumers read it."
    ]


def test_texts_are_no_contract_but_a_field_named_like_one_is() -> None:
    old = an_object(("title",), title=TEXT | {"description": "old", "title": "Old", "default": "x"})
    assert published(old, an_object(("title",), title=TEXT | {"description": "new"})) == []
    assert len(published(old, an_object())) == 1
