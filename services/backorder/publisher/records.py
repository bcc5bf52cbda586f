"""From a line of JSON to the record of a public topic."""

from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from backorder.contract.envelope import DEFAULT_POOL, decode_structured
from backorder.contract.event_types import CLOCK_TICKED, INPUT_TYPES, PREFIX
from backorder.contract.unreadable import Unreadable


class Record(NamedTuple):
    """What goes to Kafka; `topic` has no prefix. The line itself is the value."""

    topic: str
    key: bytes | None
    id: str
    pool: str


_FALLBACK = INPUT_TYPES[0].topic
_TOPICS_BY_WORD = {kind.short.partition(".")[0]: kind.topic for kind in reversed(INPUT_TYPES)}
"""`order` to `orders`: where an event belongs whose type nobody knows."""


def record_of(line: bytes) -> Record:
    """The record of a valid event. Raises `Unreadable`."""
    event = decode_structured(line)
    return Record(event.topic, event.subject.encode(), event.id, event.pool)


def nearest_record(line: bytes) -> Record:
    """Where a platform would have put an event that is broken: what can be read of it decides."""
    event: Any = None
    with suppress(msgspec.DecodeError, UnicodeDecodeError):  # not even JSON: there is nothing to read in it
        event = msgspec.json.decode(line)
    if not isinstance(event, dict):
        return Record(_FALLBACK, None, "", DEFAULT_POOL)
    word = str(event.get("type", "")).removeprefix(PREFIX).partition(".")[0]
    subject = event.get("subject")
    key = subject.encode() if isinstance(subject, str) else None
    topic = _TOPICS_BY_WORD.get(word, _FALLBACK)
    return Record(topic, key, str(event.get("id", "")), str(event.get("pool", DEFAULT_POOL)))


def is_tick(unreadable: Unreadable) -> bool:
    """Whether it is a line that moves the clock of a simulation, which no platform publishes."""
    return unreadable.type == CLOCK_TICKED
