"""What the processor says is what its schemas promise: checked here, not on the hot path."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import OUTPUTS
from backorder.simulate.simulation import Simulation
from backorder.trade.sample import sample

EVENTS = 1500
SCHEMAS = {name: event_schema(kind) for name, kind in OUTPUTS.items()}
MAY_BE_RARE = {
    "backorder.promised",
    "replenishment.suggested",
    "notice.due",
    "backorder.reopened",
    "stock.discrepancy",
}


@pytest.fixture(scope="module")
def said() -> list[dict[str, Any]]:
    """All that goes out for a year of made-up trade, its mishaps included."""
    simulation = Simulation()
    lines = sample(EVENTS, seed=20, end=datetime(2026, 3, 1, tzinfo=UTC))
    return [json.loads(event) for line in lines for event in simulation.take(line)]


def open_words(
    schema: dict[str, Any], value: Any, document: dict[str, Any], place: str = ""
) -> Iterator[tuple[str, Any]]:
    """Every value that stands where the schema lists the words of today, and is none of them."""
    if "$ref" in schema:
        schema = {**document["$defs"][schema["$ref"].removeprefix("#/$defs/")], **schema}
    for choice in schema.get("anyOf", ()):
        if value is not None and choice.get("type") != "null":
            yield from open_words(choice, value, document, place)
    if "x-extensible-enum" in schema and value not in schema["x-extensible-enum"]:
        yield place, value
    for name, inner in schema.get("properties", {}).items():
        if isinstance(value, dict) and name in value:
            yield from open_words(inner, value[name], document, f"{place}.{name}")
    for entry in value if "items" in schema and isinstance(value, list) else ():
        yield from open_words(schema["items"], entry, document, f"{place}[]")


def test_the_sample_makes_the_processor_say_nearly_everything(said: list[dict[str, Any]]) -> None:
    heard = {event["type"] for event in said}
    expected = {name for name, kind in OUTPUTS.items() if kind.short not in MAY_BE_RARE}
    assert expected - heard == set()


def test_every_event_that_goes_out_is_valid_by_its_schema_and_its_model(said: list[dict[str, Any]]) -> None:
    formats = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validators = {
        name: jsonschema.Draft202012Validator(schema, format_checker=formats)
        for name, schema in SCHEMAS.items()
    }
    for event in said:
        validators[event["type"]].validate(event)
        OUTPUTS[event["type"]].payload.model_validate_json(json.dumps(event["data"]))


def test_every_word_of_an_open_set_that_is_said_is_listed(said: list[dict[str, Any]]) -> None:
    unlisted = set()
    for event in said:
        schema = SCHEMAS[event["type"]]
        unlisted |= {(event["type"], *found) for found in open_words(schema, event, schema)}
    assert unlisted == set()
