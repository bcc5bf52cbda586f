"""What was said of a line on `backorders` and `releases`, in the order in which it was said."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

TOPICS = ("backorders", "releases")


class Told(Struct, frozen=True):
    """One decision about a line. type: the short type name. cause: id of the event that it follows from.

    text: the same in words.
    """

    time: datetime
    type: str
    text: str
    quantity: int | None
    rule: str | None
    cause: str | None
    before: dict[str, int]
    after: dict[str, int]


class _Event(Struct):
    """The parts of a CloudEvent that tell."""

    type: str
    time: datetime
    pool: str = ""
    causationid: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


_read = msgspec.json.Decoder(_Event).decode


def history_of(published: Iterable[bytes], pool: str, order_id: str, line: int) -> list[Told]:
    """Those of the published events (JSON) that tell of this line; no other event is an error."""
    return [
        told
        for value in published
        if (event := _event(value)) is not None and event.pool == pool
        for told in _told(event, order_id, line)
    ]


def _event(value: bytes) -> _Event | None:
    try:
        return _read(value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _told(event: _Event, order_id: str, line: int) -> Iterator[Told]:
    data, kind = event.data, short(event.type)
    if data.get("order_id") != order_id or "rule" not in data:
        return
    parts = [data] if "line" in data else data.get("lines") or []
    for part in parts:
        if part.get("line") == line:
            words = _WORDS.get(kind, "{type}").format_map(_Words({**data, **part, "type": kind}))
            yield Told(
                event.time,
                kind,
                words,
                part.get("quantity", part.get("refused")),
                data.get("rule"),
                event.causationid,
                data.get("before") or {},
                data.get("after") or {},
            )


class _Words(dict[str, Any]):
    """What a newer program does not say any more is left open."""

    def __missing__(self, key: str) -> str:
        return "?"


_WORDS = {
    "backorder.opened": "{quantity} units began to wait, {reason}, as number {position} in the queue",
    "backorder.reopened": "{quantity} units wait again, {reason}; {remaining} wait in all",
    "backorder.filled": "{quantity} waiting units were covered at {location}; {remaining} still wait",
    "backorder.closed": "nothing waits any more: {outcome}",
    "line.refused": "{refused} of {asked} units were refused, {reason}; {available} could be had",
    "order.refused": "the order was refused: {refused} of {asked} units, {reason}; {available} could be had",
    "release.created": "{quantity} units were released at {location} ({release_id})",
    "release.withdrawn": "{quantity} units at {location} were withdrawn ({release_id}), {reason}",
}


def short(event_type: str) -> str:
    """The short name of a CloudEvents type of ours."""
    return event_type.removeprefix("io.backorder.").removesuffix(".v1")
