"""What happened to a company, cut and moved to where it is wanted."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Protocol

from backorder.trade.event import TradeEvent, moved_to_end


class History(Protocol):
    """Events of the past that can be told more than once."""

    def events(self) -> Iterator[TradeEvent]:
        """All events from the first on, in the order of their time."""

    def last_time(self) -> datetime | None:
        """The time of the last event; None when there is none."""


def told(history: History, limit: int | None = None, end: datetime | None = None) -> Iterator[TradeEvent]:
    """The first `limit` events (None = all), with all times moved by one constant so that the last is at
    `end` (None = as they are). A limited history is told twice to find its last event."""
    events = islice(history.events(), limit)
    if end is None:
        return events
    last = history.last_time() if limit is None else _last_time(history, limit)
    return events if last is None else moved_to_end(events, last, end)


def _last_time(history: History, limit: int) -> datetime | None:
    last = None
    for event in islice(history.events(), limit):
        last = event.time
    return last
