"""The journal, partition by partition: where each record comes from, and what follows from it."""

from collections.abc import Mapping

from backorder.allocation.publish import Published
from backorder.domain.events import ClockTicked, Entry, PublicEvent, RecordSkipped, type_name
from backorder.reconcile.inputs import Inputs
from backorder.reconcile.journal import NoEntry, Refold, Sink, read_entry
from backorder.reconcile.log import Record
from backorder.reconcile.origins import Origins
from backorder.reconcile.outputs import Decisions, Tables
from backorder.reconcile.report import Check
from backorder.reconcile.topics import JOURNAL, Topics

_SKIP = b'"record.skipped"'


class Folding:
    """Folds journal partitions and hands what it meets to the comparisons."""

    def __init__(
        self,
        topics: Topics,
        inputs: Inputs,
        decisions: Decisions,
        tables: Tables,
        origins: Check,
        invariants: Check,
    ) -> None:
        self._topics = topics
        self._inputs = inputs
        self._decisions = decisions
        self._tables = tables
        self._origins = origins
        self._invariants = invariants
        self._processed_to: dict[int, int] = {}
        self._skipped: dict[int, set[int]] = {}

    def fold(self, partition: int, processed_to: int) -> Mapping[bytes, bytes]:
        """Folds a partition up to the offset that allocation has come to; the state that this leaves."""
        self._processed_to[partition] = processed_to
        skipped = self._skipped[partition] = find_skipped(self._topics, partition)
        sink = _ToComparisons(partition, self._decisions, self._tables)
        refold = Refold(sink, skipped)
        judged = _Partition(self._topics, partition, refold, processed_to, self._origins, self._invariants)
        judged.skipped = skipped
        for record in self._topics.read(JOURNAL, partition):
            entry = judged.take(record)
            if entry is not None and isinstance(entry.event, PublicEvent):
                self._inputs.in_journal(entry, partition)
        judged.end()
        return refold.fold.dump()

    def again(self, partition: int, sink: Sink) -> None:
        """Folds a partition once more, for what it gives; what is wrong with it has been told."""
        if partition in self._processed_to:  # else it is cut, and so was never folded
            fold_again(self._topics, partition, self._processed_to[partition], self._skipped[partition], sink)


def fold_again(topics: Topics, partition: int, until: int, skipped: set[int], sink: Sink) -> None:
    """Folds a journal partition up to an offset, for what it gives. It ends where the fold does; why is for
    the first fold to tell."""
    refold = Refold(sink, skipped)
    for record in topics.read(JOURNAL, partition):
        if record.offset >= until:
            break
        try:
            for _ in refold.take(read_entry(record), record.offset, lambda _: None):
                pass
        except NoEntry:
            continue
        except Exception:  # noqa: BLE001 - told by the first fold; what came before it is given
            break
    refold.say_rows()


def find_skipped(topics: Topics, partition: int) -> set[int]:
    """The offsets that were passed over: it is said behind them, but true from the start."""
    skipped = set()
    for record in topics.read(JOURNAL, partition):
        if record.value is None or _SKIP not in record.value:
            continue
        try:
            event = read_entry(record).event
        except NoEntry:
            continue  # told by the fold
        if isinstance(event, RecordSkipped):
            skipped.add(event.offset)
    return skipped


class _ToComparisons:
    def __init__(self, partition: int, decisions: Decisions, tables: Tables) -> None:
        self._partition = partition
        self._decisions = decisions
        self._tables = tables

    def decision(self, published: Published, pool: str, id: str) -> None:
        self._decisions.add(published, pool, id, self._partition)

    def row(self, published: Published) -> None:
        self._tables.add(published)


class _Partition:
    """Judges the records of one journal partition, in order."""

    def __init__(
        self,
        topics: Topics,
        partition: int,
        refold: Refold,
        processed_to: int,
        origins: Check,
        invariants: Check,
    ) -> None:
        self._partition = partition
        self._refold = refold
        self._processed_to = processed_to
        self._check = origins
        self._invariants = invariants
        self._origins = Origins(partition, topics.count(JOURNAL), topics.inputs)
        self._foldable = True
        self._unread = 0
        self._first_unread: int | None = None
        self.skipped: set[int] = set()
        """Offsets that were passed over; a record there need not even be an entry."""

    def take(self, record: Record) -> Entry | None:
        """The next record; the entry if it has a right to be here."""
        try:
            entry = read_entry(record)
        except NoEntry as problem:
            if record.offset in self.skipped:
                self._check.counts["skipped, no entry"] += 1
            else:
                self._check.differ(JOURNAL, self._partition, str(problem), record.offset, record.key)
            return None
        wrong = self._origins.problem(entry, record.key, record.offset)
        if wrong is None:
            self._check.counts[_kind(entry)] += 1
        else:
            self._check.differ(JOURNAL, self._partition, wrong, record.offset, record.key)
        if record.offset < self._processed_to:
            self._fold(entry, record.offset)
        elif not isinstance(entry.event, ClockTicked):
            # Ticks never end; the last ones are of no account.
            self._unread += 1
            self._first_unread = record.offset if self._first_unread is None else self._first_unread
        return entry if wrong is None else None

    def _fold(self, entry: Entry, offset: int) -> None:
        if not self._foldable:
            return
        try:
            for broken in self._refold.take(entry, offset, self._origins.owed.append):
                self._invariants.differ(JOURNAL, self._partition, broken, offset)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and told as one
            self._foldable = False
            what = f"{type_name(entry.event)} {entry.id} cannot be folded: {error!r}"
            self._check.differ(JOURNAL, self._partition, what, offset)

    def end(self) -> None:
        """All records have been taken."""
        self._refold.say_rows()
        for owed in self._origins.owed:
            what = f"the continuation of event {owed.id} of pool {owed.pool} is missing"
            self._check.differ(JOURNAL, self._partition, what)
        if self._unread:
            what = f"{self._unread} records are not processed yet"
            self._check.differ(JOURNAL, self._partition, what, self._first_unread)
        watch = self._refold.watch
        for broken in watch.state():
            self._invariants.differ(JOURNAL, self._partition, broken)
        self._invariants.counts["pools"] += len(self._refold.fold.pools)
        self._invariants.counts["decisions"] += watch.decisions
        self._invariants.counts["looks at the whole state"] += watch.looks
        self._invariants.counts["looks at the whole queue"] += watch.queue_looks


def _kind(entry: Entry) -> str:
    return "from public topics" if isinstance(entry.event, PublicEvent) else type_name(entry.event)
