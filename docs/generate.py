"""Writes the pages that follow from the code: `docs/events.md` and `docs/configuration.md`.

    python docs/generate.py

A test fails when a page is not what this would write.
"""

import re
from collections.abc import Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from backorder.contract.catalogue import Catalogue, Topic, load_catalogue
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import EVENT_TYPES, EventType
from backorder.domain.settings import Settings as DomainSettings
from backorder.settings import FoldSettings, Settings, variable

DOCS = Path(__file__).parent
GENERATED = "<!-- Written by docs/generate.py from the code: change that, and run it again. -->"

Schema = dict[str, Any]


def pages() -> dict[str, str]:
    """Name of the page to its text."""
    return {"events.md": events_page(load_catalogue()), "configuration.md": configuration_page()}


# --- events -------------------------------------------------------------------------------------------------

EVENTS_HEAD = f"""{GENERATED}

# Events

Every event is a [CloudEvent](https://cloudevents.io) 1.0. Its `type` is `io.backorder.<name>.v1`. In
structured mode, as everything goes out and as events may come in, the whole event is the record's value and
the one header is `content-type: application/cloudevents+json`. In binary mode, which is understood too, the
attributes are headers (`ce_id`, `ce_type`, ...) and the value is the data.

The key of a record is the event's `subject`. Required on the way in: `specversion`, `id`, `source`, `type`,
`time` (RFC 3339 with an offset) and `subject`; `pool` names the stock pool (`default` if left out). What
goes out carries `pool` and `causationid` as well, the id of the event that it follows from, and the
`traceparent` of its cause if there was one.

Quantities are whole units. Unknown fields are ignored, known ones are strict: `"5"` is no quantity. Which
of these fields and values this release does not do yet stands in
[semantics](semantics.md#not-in-this-release). The machine-readable form is
[AsyncAPI](../schemas/asyncapi.yaml) and a JSON Schema with examples for each type under
[schemas/events](../schemas/events).

In the tables, a field with nothing under "if left out" is required.
"""


def events_page(catalogue: Catalogue) -> str:
    parts = [EVENTS_HEAD, _contents(catalogue)]
    for topic in catalogue.topics.values():
        if topic.types:
            parts.append(_topic(topic))
            parts += [_event(kind) for kind in EVENT_TYPES if kind.short in topic.types]
    return "\n".join(parts)


def _contents(catalogue: Catalogue) -> str:
    rows = ["| topic | key | events |", "|---|---|---|"]
    for topic in catalogue.topics.values():
        if topic.types:
            names = ", ".join(f"[`{name}`](#{_anchor(name)})" for name in topic.types)
            rows.append(f"| [`{topic.name}`](#topic-{topic.name}) | {_cell(topic.key)} | {names} |")
    return "\n".join(rows) + "\n"


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _topic(topic: Topic) -> str:
    return f"## Topic {topic.name}\n\n{' '.join(topic.description.split())}\n"


def _event(kind: EventType) -> str:
    schema = event_schema(kind)
    definitions: Schema = schema["$defs"]
    parts = [
        f"### {kind.short}\n",
        f"{schema['description']} ([examples](../schemas/events/{kind.short}/examples))\n",
        _fields(definitions["Data"]),
    ]
    for name, definition in definitions.items():
        if name != "Data" and definition.get("type") == "object":
            parts += [f"**{_words(name)}**: {definition.get('description', '')}\n", _fields(definition)]
    return "\n".join(parts)


def _fields(schema: Schema) -> str:
    required = set(schema.get("required", ()))
    rows = ["| field | type | if left out | meaning |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        left_out = "" if name in required else _left_out(field)
        meaning = _cell(field.get("description", ""))
        rows.append(f"| `{name}` | {_cell(_type(field))} | {left_out} | {meaning} |")
    return "\n".join(rows) + "\n"


def _left_out(field: Schema) -> str:
    if "x-left-out" in field:
        return str(field["x-left-out"])
    default = field.get("default")
    return (
        "null" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )


def _type(field: Schema) -> str:
    if "anyOf" in field:
        return " or ".join(_type(choice) for choice in field["anyOf"])
    if "$ref" in field:
        return _words(field["$ref"].rpartition("/")[2])
    if words := field.get("enum", field.get("x-extensible-enum")):
        return ", ".join(f"`{word}`" for word in words) + (", ..." if "x-extensible-enum" in field else "")
    if "const" in field:
        return f"`{field['const']}`"
    kind = str(field.get("type", "any"))
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object":
        return "object of figures"
    if kind == "string" and field.get("format") == "date-time":
        return "date-time"
    if kind == "integer" and "minimum" in field and field["minimum"] in (0, 1):
        return f"integer from {field['minimum']}"
    return kind


def _words(model: str) -> str:
    """`OrderLine` as `order line`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", model).lower()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# --- settings -----------------------------------------------------------------------------------------------

CONFIGURATION_HEAD = f"""{GENERATED}

# Configuration

All settings come from environment variables. `backorder config show` prints what holds in an environment,
with secrets hidden. A wrong value ends a command with exit code 2 and names the variable.

Any option of [librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md) can be
given for all Kafka clients, dots written as underscores:
`BACKORDER_KAFKA__LIBRDKAFKA__SECURITY_PROTOCOL=SASL_SSL` is `security.protocol`.

| variable | default | meaning |
|---|---|---|
"""


def configuration_page() -> str:
    rows = [
        f"| `{variable(path)}` | {_shown(field)} | {_cell(field.description or _explained(path[-1]))} |"
        for path, field in _settings((), Settings)
    ]
    return CONFIGURATION_HEAD + "\n".join(rows) + "\n"


def _settings(path: tuple[str, ...], section: type[BaseModel]) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    for name, field in section.model_fields.items():
        inner = FoldSettings if name == "fold" else field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings((*path, name), inner)
        elif name == "librdkafka":
            yield (*path, name, "<option>"), field
        else:
            yield (*path, name), field


def _shown(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    return "" if default in (None, "", {}) else f"`{default}`"


def _explained(name: str) -> str:
    """What is said elsewhere of a setting: the domain explains its own in the class's docstring."""
    if name == "host":
        return "the address that /metrics and /healthz are served on; `0.0.0.0` for all, as a container needs"
    found = re.search(rf"^{name}: (.+?)(?=^\w+: |\Z)", getdoc(DomainSettings) or "", re.MULTILINE | re.DOTALL)
    if found is None:
        raise LookupError(f"the setting {name} is explained nowhere")
    return found[1]


if __name__ == "__main__":
    for page, text in pages().items():
        (DOCS / page).write_text(text, encoding="utf-8")
