"""JSON Schema 2020-12 of whole events, made from the payload models: the same bytes for the same models."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema

from backorder.contract.envelope import DEFAULT_POOL, MAX_SOURCE_CHARS
from backorder.contract.event_types import InputType
from backorder.contract.output_types import EventType, OutputType
from backorder.contract.types import MAX_ID_CHARS, Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_schema(kind: EventType) -> Json:
    """The schema of a whole event in structured mode; `#/$defs/Data` is that of its data alone."""
    data = kind.payload.model_json_schema(ref_template="#/$defs/{model}", schema_generator=_Plain)
    definitions = data.pop("$defs", {})
    required, optional = _attributes(kind)
    return {
        "$schema": DIALECT,
        "$id": f"urn:backorder:schema:{kind.short}:v1",
        "title": kind.name,
        "description": data["description"],
        "type": "object",
        "properties": {**required, **optional, "data": {"$ref": "#/$defs/Data"}},
        "required": [*required, "data"],
        "$defs": {"Data": data, **dict(sorted(definitions.items()))},
    }


def _attributes(kind: EventType) -> tuple[Json, Json]:
    """The CloudEvents attributes, required and optional ones. Others may be there and are ignored."""
    required: Json = {
        "specversion": {"const": "1.0", "description": "The version of CloudEvents."},
        "id": {
            **_text(MAX_ID_CHARS),
            "description": "With `source`, and on input the topic, the identity of the event.",
            "examples": ["evt-1"],
        },
        "source": {
            **_text(MAX_SOURCE_CHARS),
            "description": "Who says so, as a URI reference.",
            "examples": ["/shop/eu"],
        },
        "type": {"const": kind.name, "description": "What happened."},
        "time": {
            "type": "string",
            "format": "date-time",
            "description": "When it happened: RFC 3339 with an offset.",
            "examples": ["2026-03-01T09:30:00Z"],
        },
        "subject": {**_text(), "description": f"What it is about, and the record's key: {key_of(kind)}."},
    }
    common: Json = {
        "datacontenttype": {
            "type": "string",
            "pattern": "^[Aa]pplication/[Jj]son *(;.*)?$",
            "description": "The data is JSON.",
            "default": "application/json",
        },
        "pool": {
            **_text(MAX_ID_CHARS),
            "description": "The stock pool: stock and orders never shared with another.",
            "default": DEFAULT_POOL,
            "examples": ["default"],
        },
    }
    trace: Json = {
        "traceparent": {
            "type": "string",
            "description": "W3C trace context; goes on to what follows from the event.",
            "examples": ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
        }
    }
    if isinstance(kind, InputType):
        return required, common | trace
    cause: Json = {
        "causationid": {
            **_text(),
            "description": "The `id` of the event that this one follows from, or that set the date which "
            "fell due; `clock:<time>` where none did.",
            "examples": ["evt-1"],
        }
    }
    return required | common | cause, trace


def key_of(kind: EventType) -> str:
    """What the key and the subject of an event are, in words: a field of the data, or an array of some."""
    if isinstance(kind, OutputType):
        return kind.subject
    return (
        f"{kind.id_field}, or {kind.id_field_without} without one" if kind.id_field_without else kind.id_field
    )


def _text(most: int | None = None) -> Json:
    return {"type": "string", "minLength": 1, **({} if most is None else {"maxLength": most})}


class _Plain(GenerateJsonSchema):
    """Pydantic's generator without what is only its own: no titles made from names, one-line docstrings."""

    def generate(self, schema: CoreSchema, mode: Any = "validation") -> JsonSchemaValue:
        plain: JsonSchemaValue = _plain(super().generate(schema, mode))
        return plain


def _plain(node: Any, names: bool = False) -> Any:
    """`names`: the node's keys are names of fields or definitions, not keywords."""
    if isinstance(node, list):
        return [_plain(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    plain = {
        key: value
        if key in ("default", "examples") and not names
        else _plain(value, key in ("properties", "$defs"))
        for key, value in node.items()
        if names or key != "title"
    }
    if not names and isinstance(plain.get("description"), str):
        plain["description"] = " ".join(plain["description"].split())
    return plain
