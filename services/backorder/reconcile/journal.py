"""One journal partition, folded again from its first record, and what has to be on the other topics then."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from backorder.allocation.publish import Published, publish_decision, publish_row
from backorder.domain import events
from backorder.domain.events import JOURNAL_VERSION, Entry
from backorder.domain.fold import Fold
from backorder.reconcile.invariants import Watch
from backorder.reconcile.log import Record

_ROWS_EVERY = 500

_decode = msgspec.json.Decoder(Entry).decode


class NoEntry(ValueError):
    """A record of the journal that is no entry, or one of a newer program."""


def read_entry(record: Record) -> Entry:
    """The entry in a record of the journal. Raises `NoEntry`."""
    if record.value is None:
        raise NoEntry("it has no value")
    try:
        entry = _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise NoEntry(f"it is no entry: {problem}") from None
    if entry.version > JOURNAL_VERSION:
        raise NoEntry(f"it has version {entry.version}, this program knows {JOURNAL_VERSION}")
    return entry


class Sink(Protocol):
    """Takes what has to be on the public topics."""

    def decision(self, published: Published, pool: str, id: str) -> None:
        """The next record of a topic of events; `id` is the event's."""

    def row(self, published: Published) -> None:
        """What the row of this key has to be, until another one comes."""


class Refold:
    """The fold of one journal partition.

    skipped: offsets that were passed over, as an operator had asked.
    """

    def __init__(self, sink: Sink, skipped: Iterable[int] = ()) -> None:
        self.fold = Fold()
        self.watch = Watch(self.fold)
        self._sink = sink
        self._skipped = frozenset(skipped)
        self._until_rows = _ROWS_EVERY

    def take(self, entry: Entry, offset: int, asked_for: Callable[[Entry], None]) -> Iterator[str]:
        """Folds an entry, hands on what follows from it, and yields the invariants that it breaks.

        `asked_for` is told of each continuation that has to come. Any exception of the fold is passed on.
        """
        if offset in self._skipped:
            if isinstance(entry.event, events.Continued):
                asked_for(entry)  # it is put off, never dropped: its SKU would stay unsettled
            return
        outcome = self.fold.apply(entry)
        for emitted in outcome.emitted:
            self._sink.decision(publish_decision(emitted), emitted.cause.pool, str(emitted.sequence))
        for continued in outcome.continued:
            asked_for(continued)
        if entry.pool:
            yield from self.watch.entry(entry.pool, outcome.emitted)
        elif isinstance(entry.event, events.ClockTicked):
            yield from self.watch.tick(outcome.emitted)
        self._until_rows -= 1
        if not self._until_rows:
            self.say_rows()

    def say_rows(self) -> None:
        """Hands on the rows that have changed."""
        self._until_rows = _ROWS_EVERY
        for row in self.fold.rows():
            self._sink.row(publish_row(row))
        self.fold.commit()
