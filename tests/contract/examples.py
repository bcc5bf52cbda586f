"""The examples under `schemas/events`, for the tests of this folder."""

import json
from pathlib import Path
from typing import Any, NamedTuple

SCHEMAS = Path(__file__).parents[2] / "schemas"


class Example(NamedTuple):
    """A file: the short type, the file's name, what is in it."""

    type: str
    name: str
    content: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.type}/{self.name}"


def examples() -> list[Example]:
    """The valid ones, in and out."""
    return _read("examples")


def invalid_examples() -> list[Example]:
    """The invalid ones: `reason`, `detail_contains`, `refused_by_schema`, `event`."""
    return _read("invalid")


def schema_of(short: str) -> dict[str, Any]:
    """The committed JSON Schema of a type."""
    text = (SCHEMAS / "events" / short / "v1.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _read(folder: str) -> list[Example]:
    return [
        Example(path.parent.parent.name, path.stem, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(SCHEMAS.glob(f"events/*/{folder}/*.json"))
    ]
