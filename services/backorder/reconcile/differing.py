"""What differs between two values or two sequences, in words."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

_FIELDS = 4
_VALUE_CHARS = 80


class Held(NamedTuple):
    """A record that is held to be compared: who it is, what it says, and where it stands (None: nowhere)."""

    identity: Hashable
    content: Any
    offset: int | None = None
    key: bytes | None = None


class Found(NamedTuple):
    """A difference between two sequences."""

    record: Held
    what: str


def sequences(wanted: Iterable[Held], found: Iterable[Held], name: Callable[[Held], str]) -> Iterator[Found]:
    """How `found` differs from `wanted`: what is missing, doubled, changed, out of place, or from nowhere.

    `name` says in words who a record is.
    """
    place = {}
    content = {}
    for number, record in enumerate(wanted):
        place[record.identity] = number
        content[record.identity] = record
    seen: set[Hashable] = set()
    furthest = -1
    for record in found:
        if record.identity not in place:
            yield Found(record, f"{name(record)} follows from nothing")
        elif record.identity in seen:
            yield Found(record, f"{name(record)} is there again")
        else:
            seen.add(record.identity)
            expected = content[record.identity]
            if record.content != expected.content or record.key != expected.key:
                said = values(expected.content, record.content)
                if record.key != expected.key:
                    said = f"key: {_short(record.key)}, not {_short(expected.key)}; " + said
                yield Found(record, f"{name(record)} differs: {said}")
            if place[record.identity] < furthest:
                yield Found(record, f"{name(record)} stands behind what must come after it")
            furthest = max(furthest, place[record.identity])
    for identity, record in content.items():
        if identity not in seen:
            yield Found(record, f"{name(record)} is missing")


def values(wanted: Any, found: Any) -> str:
    """Where two values differ, field by field, as far as they can be read."""
    differences = [*_paths(_readable(wanted), _readable(found), "")]
    if not differences:
        return "only in how it is written"
    more = f" (and {len(differences) - _FIELDS} more)" if len(differences) > _FIELDS else ""
    return "; ".join(differences[:_FIELDS]) + more


def _readable(value: Any) -> Any:
    """JSON, MessagePack and structs as plain values; what cannot be read stays as it is."""
    if isinstance(value, bytes):
        for decode in (msgspec.json.decode, msgspec.msgpack.decode):
            try:
                return decode(value)
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return value
    return msgspec.to_builtins(value)


def _paths(wanted: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in {**wanted, **found}:
            yield from _paths(wanted.get(name), found.get(name), f"{path}.{name}" if path else str(name))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _paths(one, other, f"{path}[{number}]")
    elif wanted != found:
        yield f"{path or 'value'}: {_short(found)}, not {_short(wanted)}"


def _short(value: Any) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else repr(value)
    return text if len(text) <= _VALUE_CHARS else text[:_VALUE_CHARS] + "..."
