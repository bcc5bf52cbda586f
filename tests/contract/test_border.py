"""The two definitions of each event, pydantic at the border and msgspec behind it, are one.

They are compared field by field: name, type, null, required, default.
"""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from backorder.contract.envelope import decode_structured
from backorder.contract.event_types import INPUT_TYPES
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import OUTPUT_TYPES
from backorder.contract.unreadable import Unreadable
from backorder.domain import decisions
from backorder.domain.events import PUBLIC_EVENTS
from tests.contract.examples import Example, examples

STRUCTS: dict[str, Any] = {
    vars(struct)["TYPE"]: struct
    for struct in vars(decisions).values()
    if isinstance(struct, type) and "TYPE" in vars(struct)
}


def _shape(node: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """What a value may be: the types, and what is inside objects and lists. Limits are the border's alone."""
    if "$ref" in node:
        return _shape(definitions[node["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in node:
        return frozenset(part for choice in node["anyOf"] for part in _shape(choice, definitions))
    if "enum" in node or "const" in node:
        return frozenset({"string"})
    types = node["type"] if isinstance(node["type"], list) else [node["type"]]
    if types == ["object"] and "properties" in node:
        return frozenset({("object", frozenset(_fields(node, definitions).items()))})
    if types == ["object"]:
        return frozenset({("mapping", _shape(node["additionalProperties"], definitions))})
    if types == ["array"]:
        return frozenset({("list", _shape(node["items"], definitions))})
    return frozenset(f"{name}:{node['format']}" if "format" in node else name for name in types)


def _fields(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    required = node.get("required", [])
    return {
        name: (_shape(said, definitions), name in required, said.get("default", "none"))
        for name, said in node["properties"].items()
    }


def at_the_border(kind: Any) -> dict[str, Any]:
    definitions = event_schema(kind)["$defs"]
    return _fields(definitions["Data"], definitions)


def behind_it(struct: Any) -> dict[str, Any]:
    return {
        field.encode_name: (
            _kind(field.type),
            field.required,
            "none" if field.default in (msgspec.NODEFAULT, msgspec.UNSET) else field.default,
        )
        for field in inspect.type_info(struct).fields  # type: ignore[attr-defined]
    }


def _kind(said: inspect.Type) -> frozenset[Any]:
    """As `_shape`, from what msgspec knows of a type."""
    match said:
        case inspect.UnionType(types):
            return frozenset(part for choice in types for part in _kind(choice))
        case inspect.StructType(cls):
            return frozenset({("object", frozenset(behind_it(cls).items()))})
        case inspect.ListType(item_type):
            return frozenset({("list", _kind(item_type))})
        case inspect.DictType(_, value_type):
            return frozenset({("mapping", _kind(value_type))})
        case inspect.CustomType(cls) if cls is msgspec.UnsetType:
            return frozenset()
    return frozenset({_NAMES[type(said)]})


_NAMES = {
    inspect.IntType: "integer",
    inspect.FloatType: "number",
    inspect.StrType: "string",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
    inspect.DateTimeType: "string:date-time",
}


def test_every_type_that_comes_in_has_a_struct_and_every_struct_a_type() -> None:
    assert set(PUBLIC_EVENTS) == {kind.short for kind in INPUT_TYPES}


@pytest.mark.parametrize("kind", INPUT_TYPES, ids=lambda kind: kind.short)
def test_model_and_struct_of_an_event_that_comes_in_have_the_same_fields(kind: Any) -> None:
    assert behind_it(PUBLIC_EVENTS[kind.short]) == at_the_border(kind)


def test_every_decision_and_row_of_the_domain_has_a_type_that_goes_out() -> None:
    assert set(STRUCTS) == {kind.short for kind in OUTPUT_TYPES}


@pytest.mark.parametrize("kind", OUTPUT_TYPES, ids=lambda kind: kind.short)
def test_model_and_struct_of_an_event_that_goes_out_have_the_same_fields_and_topic(kind: Any) -> None:
    assert behind_it(STRUCTS[kind.short]) == at_the_border(kind)
    assert kind.topic == STRUCTS[kind.short].TOPIC


@pytest.mark.parametrize("example", [e for e in examples() if e.type in PUBLIC_EVENTS], ids=str)
def test_what_passes_the_border_is_read_behind_it(example: Example) -> None:
    data = decode_structured(msgspec.json.encode(example.content)).data
    assert msgspec.json.decode(data, type=PUBLIC_EVENTS[example.type])


ANY_JSON: list[Any] = [
    *(None, True, False, 0, -1, 1, 5.0, 5.5, 1e300, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64, -(2**70)),
    *("", "5", "allow", "sellable", "MUG", "x" * 200, "x" * 201, "Köln ☕", "a\x00b", "\u2028", "\U0001f375"),
    *(
        "2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00",
        "2026-03-01 09:30:00.123456789+23:59",
        "9999-12-31T23:59:59Z",
    ),
    *(
        [],
        {},
        [1],
        ["MUG"],
        [{"line": 1, "quantity": 1}],
        {"line": 1, "order_id": "SO-1"},
        [[]],
        {"a": {"b": []}},
    ),
]


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a JSON document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


@given(random=st.data(), example=st.sampled_from([e for e in examples() if e.type in PUBLIC_EVENTS]))
def test_whatever_passes_the_border_is_read_behind_it(random: st.DataObject, example: Example) -> None:
    """A valid event with some of its values replaced by any JSON: refused here, or read there."""
    event = copy.deepcopy(example.content)
    for place in random.draw(st.lists(st.sampled_from(_places(event["data"])[1:]), min_size=1, max_size=3)):
        node = event["data"]
        try:
            for step in place[:-1]:
                node = node[step]
            node[place[-1]] = copy.deepcopy(random.draw(st.sampled_from(ANY_JSON)))
        except (TypeError, IndexError, KeyError):
            continue  # an earlier replacement took the place away
    try:
        data = decode_structured(msgspec.json.encode(event)).data
    except Unreadable:
        return
    assert msgspec.json.decode(data, type=PUBLIC_EVENTS[example.type])
