"""What falls due in a pool, and when: the ends of holds, longest waits, dates of any kind.

Derived from the records and never stored: each kind of date is read from its record, and an entry of the
agenda holds as long as the record still says the same; others are passed over. So moving a date needs no
search for the old entry.
"""

import heapq
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backorder.domain.dates import Date
from backorder.domain.pool import Pool
from backorder.domain.step import Step
from backorder.domain.table import Key


class Kind(NamedTuple):
    """One kind of date.

    table: the records that have it. date: what a record says, None = nothing falls due. act: what happens
    then to the record of a key; it must leave the record with another date or none.
    """

    table: str
    date: Callable[[Pool, Any], Date | None]
    act: Callable[[Step, Key], None]


class Due(NamedTuple):
    """Something that has fallen due; kinds and keys decide between those of one moment."""

    at: int
    kind: str
    key: Key
    cause: str


class Agenda:
    """The dates of one pool."""

    def __init__(self, pool: Pool, kinds: Mapping[str, Kind]) -> None:
        self._pool = pool
        self._kinds = kinds
        self._heap: list[tuple[int, str, Key]] = []
        self._entered: set[tuple[int, str, Key]] = set()
        """What is in the heap: an aborted batch that comes again must not enter its dates twice."""
        self._taken: list[tuple[int, str, Key]] = []

    def note_all(self) -> None:
        """Enters every date, as after a restore."""
        for name, kind in self._kinds.items():
            for key in self._pool.tables[kind.table].rows:
                self.note(name, key)

    def note(self, kind: str, key: Key) -> None:
        """Enters the date that the record has now, if it has one."""
        date = self._date(kind, key)
        if date is not None:
            self._enter((date.at, kind, key))

    def _enter(self, entry: tuple[int, str, Key]) -> None:
        if entry not in self._entered:
            heapq.heappush(self._heap, entry)
            self._entered.add(entry)

    def _date(self, kind: str, key: Key) -> Date | None:
        table, date, _ = self._kinds[kind]
        record = self._pool.tables[table].get(key)
        return None if record is None else date(self._pool, record)

    def next(self, until: int) -> Due | None:
        """Takes what is due first, at `until` or before."""
        while self.first <= until:
            entry = self._heap[0]
            self._taken.append(entry)  # before it goes: a rollback may come at any line
            self._entered.discard(entry)
            heapq.heappop(self._heap)
            at, kind, key = entry
            date = self._date(kind, key)
            if date is not None and date.at == at:
                return Due(at, kind, key, date.cause)
        return None

    @property
    def first(self) -> float:
        """When the next entry falls due; infinite when there is none."""
        return self._heap[0][0] if self._heap else float("inf")

    def act(self, step: Step, due: Due) -> None:
        self._kinds[due.kind].act(step, due.key)

    def commit(self) -> None:
        self._taken.clear()

    def rollback(self) -> None:
        for entry in self._taken:
            self._enter(entry)
        self._taken.clear()
