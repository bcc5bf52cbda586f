"""The files under `schemas/` are what the models and the catalogue say, and every example proves it."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from referencing import Registry, Resource

from backorder.contract.envelope import decode_structured
from backorder.contract.event_types import INPUT_TYPES
from backorder.contract.generate import check, write
from backorder.contract.output_types import EVENT_TYPES, OUTPUT_TYPES
from backorder.contract.unreadable import Unreadable
from tests.contract.examples import SCHEMAS, Example, examples, invalid_examples, schema_of

VALID = examples()
INVALID = invalid_examples()
INPUTS = {kind.short for kind in INPUT_TYPES}
OUTPUTS = {kind.short: kind for kind in OUTPUT_TYPES}


def complaints(short: str, event: Any) -> list[str]:
    """What the JSON Schema, formats included, has against an event."""
    validator = jsonschema.Draft202012Validator(
        schema_of(short), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(event)]


def test_the_committed_files_are_what_the_models_and_the_catalogue_say() -> None:
    assert check(SCHEMAS) == []


def test_a_file_that_drifts_is_named_and_written_again(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_bytes((SCHEMAS / "topics.yaml").read_bytes())
    write(tmp_path)
    schema = tmp_path / "events" / "order.held" / "v1.schema.json"
    schema.write_text(schema.read_text().replace("reason", "cause"))
    stray = tmp_path / "events" / "order.vanished" / "v1.schema.json"
    stray.parent.mkdir()
    stray.write_text("{}")
    (tmp_path / "asyncapi.yaml").unlink()

    assert check(tmp_path) == [
        "events/order.held/v1.schema.json is not what the models say: run `backorder schemas write`",
        "asyncapi.yaml is missing: run `backorder schemas write`",
        "events/order.vanished/v1.schema.json belongs to no event type: run `backorder schemas write`",
    ]
    assert sorted(write(tmp_path)) == sorted([schema, stray, tmp_path / "asyncapi.yaml"])
    assert check(tmp_path) == []


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.short)
def test_every_schema_is_a_schema_of_its_dialect(kind: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(kind.short))


def _properties(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    if isinstance(node, dict):
        for name, said in node.get("properties", {}).items():
            found.append((f"{path}/{name}", said))
        for key, value in node.items():
            found += _properties(value, f"{path}/{key}")
    return found


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.short)
def test_every_field_of_the_data_says_what_it_means_and_shows_a_valid_value(kind: Any) -> None:
    schema = schema_of(kind.short)
    registry: Registry[Any] = Registry().with_resource(schema["$id"], Resource.from_contents(schema))
    for path, said in _properties(schema["$defs"]):
        assert said.get("description"), path
        assert said.get("examples"), path
        for example in said["examples"]:
            inside = {**said, "$defs": schema["$defs"]}
            jsonschema.Draft202012Validator(inside, registry=registry).validate(example)


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.short)
def test_every_type_has_at_least_two_examples(kind: Any) -> None:
    assert len([example for example in VALID if example.type == kind.short]) >= 2


@pytest.mark.parametrize("kind", INPUT_TYPES, ids=lambda kind: kind.short)
def test_every_type_that_comes_in_has_an_invalid_example(kind: Any) -> None:
    assert [example for example in INVALID if example.type == kind.short]


@pytest.mark.parametrize("example", VALID, ids=str)
def test_an_example_is_valid_by_its_schema(example: Example) -> None:
    assert complaints(example.type, example.content) == []


@pytest.mark.parametrize("example", [e for e in VALID if e.type in INPUTS], ids=str)
def test_an_example_that_comes_in_is_read(example: Example) -> None:
    event = decode_structured(json.dumps(example.content).encode())
    assert event.type == example.content["type"]
    assert json.loads(event.data) == example.content["data"]


@pytest.mark.parametrize("example", [e for e in VALID if e.type in OUTPUTS], ids=str)
def test_an_example_that_goes_out_is_what_its_model_writes(example: Example) -> None:
    model = OUTPUTS[example.type].payload
    data = example.content["data"]
    assert set(data) == {field.alias or name for name, field in model.model_fields.items()}
    model.model_validate_json(json.dumps(data))


@pytest.mark.parametrize("example", INVALID, ids=str)
def test_an_invalid_example_is_refused_for_the_reason_that_it_names(example: Example) -> None:
    said = example.content
    with pytest.raises(Unreadable) as refused:
        decode_structured(msgspec.json.encode(said["event"]))
    assert refused.value.reason.value == said["reason"]
    assert said["detail_contains"] in refused.value.detail


@pytest.mark.parametrize("example", INVALID, ids=str)
def test_an_invalid_example_says_whether_the_schema_alone_would_refuse_it(example: Example) -> None:
    """What the schema cannot say (two fields that contradict each other) is known, not overlooked."""
    assert bool(complaints(example.type, example.content["event"])) is example.content["refused_by_schema"]


def test_the_asyncapi_document_refers_only_to_what_is_there() -> None:
    document = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))

    def references(node: Any) -> list[str]:
        if isinstance(node, list):
            return [found for entry in node for found in references(entry)]
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [found for value in node.values() for found in references(value)]
        return []

    found = references(document)
    assert found
    for reference in found:
        if reference.startswith("#/"):
            target = document
            for step in reference[2:].split("/"):
                target = target[step]
        else:
            assert (SCHEMAS / reference).is_file(), reference
    assert set(document["components"]["messages"]) == {kind.short for kind in EVENT_TYPES} | {"dead-letter"}
