"""What is going to happen, and when."""

import heapq
from collections.abc import Callable
from datetime import datetime

from backorder.trade.event import TradeEvent

Action = Callable[[datetime], TradeEvent | None]
"""Something that a person or a system does at a time; None = there was nothing to do after all."""


class Agenda:
    """Actions by the time they are due; those of one time in the order they were entered."""

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Action]] = []
        self._entered = 0

    def at(self, time: datetime, action: Action) -> None:
        self._entered += 1
        heapq.heappush(self._entries, (time, self._entered, action))

    @property
    def next_time(self) -> datetime | None:
        return self._entries[0][0] if self._entries else None

    def next_event(self, now: datetime) -> TradeEvent | None:
        """Does what is due at `now`, up to the first action that leads to an event."""
        while self._entries and self._entries[0][0] <= now:
            _, _, action = heapq.heappop(self._entries)
            event = action(now)
            if event is not None:
                return event
        return None
