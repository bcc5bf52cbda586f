"""Entries by date, taken out as they fall due, with what an aborted batch has taken out put back.

Derived from the records and never stored. An entry stays until its date, whatever becomes of its record: who
takes it out asks the record whether it still holds. So moving a date needs no search for the old entry.
"""

import heapq
from collections.abc import Iterable

from backorder.domain.table import Key

Entry = tuple[int, str, Key]
"""Date in microseconds since 1970, kind and key of a record; they decide between those of one moment."""


_NEVER = float("inf")


class DueDates:
    """The entries of one pool."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._entered: set[Entry] = set()
        """What is in the heap: an aborted batch that comes again must not enter its dates twice."""
        self._taken: list[Entry] = []

    def enter(self, entry: Entry) -> None:
        if entry not in self._entered:
            heapq.heappush(self._heap, entry)
            self._entered.add(entry)

    def enter_all(self, entries: Iterable[Entry]) -> None:
        """Enters many at once of which none is there yet, as after a restore."""
        self._heap.extend(entries)
        self._entered.update(self._heap)
        heapq.heapify(self._heap)

    @property
    def first(self) -> float:
        """When the next entry falls due; infinite when there is none."""
        return self._heap[0][0] if self._heap else _NEVER

    def take(self, until: int) -> Entry | None:
        """Takes out what is due first, at `until` or before."""
        if self.first > until:
            return None
        entry = self._heap[0]
        self._taken.append(entry)  # before it goes: a rollback may come at any line
        self._entered.discard(entry)
        heapq.heappop(self._heap)
        return entry

    def commit(self) -> None:
        self._taken.clear()

    def rollback(self) -> None:
        for entry in self._taken:
            self.enter(entry)
        self._taken.clear()
