"""Writes and checks the generated files under `schemas/`: one JSON Schema per event type, and AsyncAPI.

What is written depends on the models, the catalogue and the examples, and on nothing else.
"""

import json
from pathlib import Path

from backorder.contract.asyncapi import asyncapi_document
from backorder.contract.catalogue import load_catalogue
from backorder.contract.json_schema import event_schema
from backorder.contract.output_types import EVENT_TYPES

SCHEMA_NAME = "v1.schema.json"


def write(folder: Path) -> list[Path]:
    """Writes the generated files of a `schemas` folder that differ, deletes schemas of types that are gone,
    and returns what changed. Raises CatalogueError when `topics.yaml` in it cannot be read."""
    changed = []
    for path, text in _render(folder).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    for path in _left_over(folder):
        path.unlink()
        changed.append(path)
    return changed


def check(folder: Path) -> list[str]:
    """One sentence for each file that is not what models and catalogue say now; empty when all are."""
    drifts = []
    for path, text in _render(folder).items():
        if not path.is_file():
            drifts.append(f"{path.relative_to(folder)} is missing")
        elif path.read_text(encoding="utf-8") != text:
            drifts.append(f"{path.relative_to(folder)} is not what the models say")
    drifts += [f"{path.relative_to(folder)} belongs to no event type" for path in _left_over(folder)]
    return [f"{drift}: run `backorder schemas write`" for drift in drifts]


def _render(folder: Path) -> dict[Path, str]:
    files = {folder / "events" / kind.short / SCHEMA_NAME: _json(event_schema(kind)) for kind in EVENT_TYPES}
    files[folder / "asyncapi.yaml"] = asyncapi_document(load_catalogue(folder / "topics.yaml"), folder)
    return files


def _left_over(folder: Path) -> list[Path]:
    known = {kind.short for kind in EVENT_TYPES}
    return sorted(p for p in folder.glob(f"events/*/{SCHEMA_NAME}") if p.parent.name not in known)


def _json(document: object) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
