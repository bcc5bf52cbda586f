"""What falls due in a pool, and when: the ends of holds, longest waits, dates of any kind.

Each kind of date is read from its record, and an entry holds as long as the record still says the same;
others are passed over.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backorder.domain.dates import Date
from backorder.domain.due_dates import DueDates
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


class Agenda(DueDates):
    """The dates of one pool."""

    def __init__(self, pool: Pool, kinds: Mapping[str, Kind]) -> None:
        super().__init__()
        self._pool = pool
        self._kinds = kinds

    def note_all(self) -> None:
        """Enters every date, as after a restore."""
        pool = self._pool
        dates: defaultdict[str, list[tuple[str, Callable[[Pool, Any], Date | None]]]] = defaultdict(list)
        for name, kind in self._kinds.items():
            dates[kind.table].append((name, kind.date))
        # Table by table: much of the time goes into fetching records from memory, so each is fetched once.
        self.enter_all(
            (date.at, name, key)
            for table, of_records in dates.items()
            for key, record in pool.tables[table].rows.items()
            for name, date_of in of_records
            if (date := date_of(pool, record)) is not None
        )

    def note(self, kind: str, key: Key) -> None:
        """Enters the date that the record has now, if it has one."""
        date = self._date(kind, key)
        if date is not None:
            self.enter((date.at, kind, key))

    def _date(self, kind: str, key: Key) -> Date | None:
        table, date, _ = self._kinds[kind]
        record = self._pool.tables[table].get(key)
        return None if record is None else date(self._pool, record)

    def next(self, until: int) -> Due | None:
        """Takes what is due first, at `until` or before."""
        while (entry := self.take(until)) is not None:
            at, kind, key = entry
            date = self._date(kind, key)
            if date is not None and date.at == at:
                return Due(at, kind, key, date.cause)
        return None

    def act(self, step: Step, due: Due) -> None:
        self._kinds[due.kind].act(step, due.key)
