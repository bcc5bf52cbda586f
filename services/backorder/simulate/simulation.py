"""Runs a sequence of events through the very code of the services: reading, repeats, fold, publishing."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from backorder.allocation.publish import publish_decision, publish_row
from backorder.contract.envelope import ClockTicked, Decoded, decode_simulated
from backorder.contract.event_types import INPUT_TYPES
from backorder.contract.unreadable import Reason, Unreadable
from backorder.domain import events
from backorder.domain.decisions import EventRejected, LineChanged, StockLevel
from backorder.domain.events import JOURNAL_VERSION, Entry
from backorder.domain.fold import Fold
from backorder.domain.rows import line_row, stock_row
from backorder.engine.config import WindowSettings
from backorder.engine.repeats import Window, digest
from backorder.ingest.reading import entry_of, identity

LINES_TO_FORGET = 10_000
"""The windows of event ids let go of what they have forgotten once in so many lines."""


class NotJsonLines(ValueError):
    """A line of the input is not JSON; `number` counts from 1."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")
        self.number = number


class Rejection(NamedTuple):
    """An event that could not be read (then `id` and `type` may be unknown), or made no sense."""

    id: str | None
    type: str | None
    reason: str
    detail: str


class Simulation:
    """The state of the simulated processor."""

    def __init__(self) -> None:
        self.rejected: list[Rejection] = []
        """Unreadable events and senseless ones, in their order."""
        self.lines_read = 0
        self._fold = Fold()
        self._clock: datetime | None = None
        window = WindowSettings()
        horizon_ms = int(window.hours * 3_600_000)
        self._windows = {kind.topic: Window(horizon_ms, window.ids) for kind in INPUT_TYPES}

    def take(self, line: bytes) -> list[bytes]:
        """Follows one line until nothing more follows from it; it is one batch.

        Returns the events that go out, each a JSON text. Raises `NotJsonLines`.
        """
        self.lines_read += 1
        if not line.strip():
            return []
        try:
            event = decode_simulated(line)
            if isinstance(event, ClockTicked):
                going_out = self._move_clock(event.time)
            else:
                entry = entry_of(event)
                if not self._is_new(event):
                    return []
                going_out = self._move_clock(event.time) + self._follow(entry)
        except Unreadable as unreadable:
            self._refuse(line, unreadable)
            return []
        # A forgotten line is a tombstone, which is no event.
        going_out += [value for row in self._fold.rows() if (value := publish_row(row).value) is not None]
        self._fold.commit()
        return going_out

    @property
    def fold(self) -> Fold:
        """Clock and pools as they are now, with nothing uncommitted."""
        return self._fold

    def stock(self) -> list[StockLevel]:
        """The stock rows as they are now, by pool, SKU, location; null first."""
        rows = [
            stock_row(name, row)
            for name, pool in self._fold.pools.items()
            for row in pool.stock.rows.values()
        ]
        return sorted(rows, key=lambda row: (row.pool, row.sku, row.location is not None, row.location or ""))

    def lines(self) -> list[LineChanged]:
        """The line rows as they are now, by pool, order, line."""
        rows = [
            line_row(name, line)
            for name, pool in self._fold.pools.items()
            for line in pool.lines.rows.values()
        ]
        return sorted(rows, key=lambda row: (row.pool, row.order_id, row.line))

    def _refuse(self, line: bytes, unreadable: Unreadable) -> None:
        if unreadable.reason in (Reason.NOT_JSON, Reason.NOT_UTF8) and not _is_json(line):
            raise NotJsonLines(self.lines_read, unreadable.detail) from None
        self.rejected.append(
            Rejection(unreadable.id, unreadable.type, unreadable.reason.value, unreadable.detail)
        )

    def _is_new(self, event: Decoded) -> bool:
        """Whether the event's id has not been seen; the window goes by the events' own time here."""
        if self.lines_read % LINES_TO_FORGET == 0:
            for window in self._windows.values():
                window.commit()
        same = identity(event.topic, event.source, event.id)
        time_ms = int(event.time.timestamp() * 1000)
        return self._windows[event.topic].admit(digest(same), time_ms, self.lines_read)

    def _move_clock(self, time: datetime) -> list[bytes]:
        if self._clock is not None and time <= self._clock:
            return []
        self._clock = time
        return self._follow(Entry(JOURNAL_VERSION, "", "", "", time, events.ClockTicked()))

    def _follow(self, first: Entry) -> list[bytes]:
        entries = [first]
        going_out = []
        for entry in entries:  # grows while a big event goes on in further steps
            outcome = self._fold.apply(entry)
            for emitted in outcome.emitted:
                if isinstance(emitted.decision, EventRejected):
                    self._note(emitted.decision)
                value = publish_decision(emitted).value
                assert value is not None  # only rows have tombstones
                going_out.append(value)
            entries += outcome.continued
        return going_out

    def _note(self, rejected: EventRejected) -> None:
        self.rejected.append(
            Rejection(rejected.event_id, rejected.event_type, rejected.reason, rejected.detail)
        )


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except RecursionError:
        return True  # JSON all the same, only nested too deeply for anybody here
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
