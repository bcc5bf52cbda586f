"""An event as an upstream platform publishes it, and the desk of the platform that numbers its events."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec

from backorder.contract.envelope import DEFAULT_POOL, encode_structured


class TradeEvent(msgspec.Struct, frozen=True):
    """One event, its times still as date-times so that a whole history can be moved.

    `type` is the short name, such as `order.placed`; `subject` is also the key of the record.
    """

    id: str
    source: str
    type: str
    time: datetime
    subject: str
    data: dict[str, Any]
    pool: str = DEFAULT_POOL


class Desk:
    """Where one system's events are written: it gives them its source and a running number.

    `system` is unique within the pool, so the ids of all its events are.
    """

    def __init__(self, system: str, pool: str = DEFAULT_POOL) -> None:
        self._system = system
        self._source = f"/{system}/{pool}"
        self._pool = pool
        self._written = 0

    def write(self, kind: str, time: datetime, subject: str, data: dict[str, Any]) -> TradeEvent:
        self._written += 1
        return TradeEvent(
            f"{self._system}-{self._written}", self._source, kind, time, subject, data, self._pool
        )


def json_line(event: TradeEvent) -> bytes:
    """The event as a CloudEvent in structured mode, on one line with its line feed."""
    record = encode_structured(
        event.type,
        event.data,
        id=event.id,
        source=event.source,
        time=event.time,
        pool=event.pool,
        subject=event.subject,
    )
    return record.value + b"\n"


def moved(event: TradeEvent, by: timedelta) -> TradeEvent:
    """The same event at another time: every moment in it is moved."""
    return msgspec.structs.replace(event, time=event.time + by, data=_moved(event.data, by))


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, dict):
        return {name: _moved(part, by) for name, part in value.items()}
    if isinstance(value, list):
        return [_moved(part, by) for part in value]
    return value


def moved_to_end(events: Iterable[TradeEvent], last: datetime, end: datetime) -> Iterator[TradeEvent]:
    """All events moved by one constant, so that one of time `last` comes to `end`."""
    by = end - last
    return (moved(event, by) for event in events)
