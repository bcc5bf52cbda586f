"""The audit: the live tables and the live state of a running processor, against its journal folded again.

    report = audit("localhost:9092")
    assert report.ok, report.differences

The tables move while they are read. So the state is read first, up to between two transactions; its mark says
up to where the journal is in it. The journal, folded again from its beginning up to the mark, has to give
that state, and a last row of every key. Where a table has another row by now, the journal is folded on behind
the mark, entry by entry: a row that comes of it there is newer, any other is wrong.

A change of rules in the journal is no place to begin at: it says by what rules the fold goes on, not from
what state. A partition whose first records retention has deleted cannot be folded again; there the state is
what the tables are compared with, and that it is right is shown by its invariants only.
"""

from collections.abc import Iterator, Mapping

from backorder.allocation.publish import Published
from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.domain.fold import Fold
from backorder.domain.invariants import violations
from backorder.reconcile.changelog import MARK, Changelogs
from backorder.reconcile.folding import find_skipped, fold_again
from backorder.reconcile.journal import NoEntry, Refold, Sink, read_entry
from backorder.reconcile.kafka_log import KafkaLog
from backorder.reconcile.log import Log, Record
from backorder.reconcile.outputs import Tables
from backorder.reconcile.report import Check, Report
from backorder.reconcile.run import CannotReconcile
from backorder.reconcile.state_rows import StateTables
from backorder.reconcile.topics import JOURNAL, STATE, Progress, Topics


def audit(
    bootstrap: str,
    topic_prefix: str = "",
    librdkafka: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Reads journal, state and tables on the cluster at `bootstrap` while the processor runs; writes nothing.

    Raises `CannotReconcile`, `CatalogueError`, KafkaException.
    """
    catalogue = load_catalogue(prefix=topic_prefix)
    return audit_log(MovingLog(bootstrap, librdkafka or {}, catalogue), catalogue, progress)


def audit_log(log: Log, catalogue: Catalogue, progress: Progress | None = None) -> Report:
    """The same, of any log whose state ends before its tables, and those before its journal."""
    topics = Topics(log, catalogue, progress or (lambda text: None))
    missing = [topics.full_name(name) for name in (JOURNAL, STATE, *topics.tables) if not topics.count(name)]
    if missing:
        raise CannotReconcile(
            f"these topics are not there: {', '.join(missing)}; is it the right cluster and topic prefix?"
        )
    return _Audit(topics).report()


class MovingLog:
    """A `Log` of a running processor. What comes first in its transactions has to end last: the state, at the
    end of a transaction; then the tables; then the journal, which has all that they follow from."""

    def __init__(self, bootstrap: str, librdkafka: Mapping[str, str], catalogue: Catalogue) -> None:
        """Asks for the ends. Raises KafkaException."""
        tables = [topic.name for topic in catalogue.of_kind("table")]
        self._logs: dict[str, KafkaLog] = {}
        for names, committed_only in (([STATE], True), (tables, False), ([JOURNAL], False)):
            full = [catalogue.full_name(name) for name in names]
            part = KafkaLog(bootstrap, librdkafka, full, committed_only)
            self._logs.update(dict.fromkeys(full, part))

    def partitions(self, topic: str) -> int:
        return self._logs[topic].partitions(topic)

    def begin(self, topic: str, partition: int) -> int:
        return self._logs[topic].begin(topic, partition)

    def end(self, topic: str, partition: int) -> int:
        return self._logs[topic].end(topic, partition)

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        return self._logs[topic].read(topic, partition)

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        return self._logs[topic].committed(group, topic)


class _Audit:
    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._rows = Check("tables", "the last row of every key is what the journal gives, or a newer one")
        self._state = Check("state", "the state is what the journal gives up to its mark")
        self._holds = Check("invariants", "the invariants hold for the state, and for all that was folded")
        self._not_proved: list[str] = []
        self._tables = Tables(topics, self._rows)
        self._state_tables = StateTables(topics, self._rows)
        self._changelogs = Changelogs(topics, self._state)
        self._processed_to: dict[int, int] = {}
        self._skipped: dict[int, set[int]] = {}

    def report(self) -> Report:
        for partition in range(self._topics.count(JOURNAL)):
            processed_to = self._changelogs.allocation(partition, at_rest=False)
            live = self._live_state(partition)
            if not self._topics.is_cut(JOURNAL, partition):
                self._from_journal(partition, processed_to)
            elif live is not None:
                self._from_state(partition, live, processed_to)
        self._tables.compare(self._again)
        self._state_tables.compare()
        checks = [self._rows, self._state, self._holds]
        return Report(checks, self._not_proved)

    def _live_state(self, partition: int) -> Fold | None:
        """The state as it is, judged by its invariants; None = it is none."""
        fold = Fold()
        offset = None
        try:
            for record in self._topics.read(STATE, partition):
                offset = record.offset
                if record.key != MARK:
                    fold.load([(record.key or b"", record.value)])
            offset = None
            fold.loaded()
            for pool in fold.pools.values():
                self._holds.counts["pools"] += 1
                for broken in violations(pool):
                    self._holds.differ(STATE, partition, f"pool {pool.name}: {broken}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and told as one
            self._holds.differ(STATE, partition, f"the state cannot be read, or is none: {error!r}", offset)
            return None
        return fold

    # --- from the journal -----------------------------------------------------------------------------------

    def _from_journal(self, partition: int, processed_to: int) -> None:
        """Folds from the first record: up to the mark what has to be there, behind it what may be."""
        self._processed_to[partition] = processed_to
        skipped = self._skipped[partition] = find_skipped(self._topics, partition)
        rows = _Rows(self._tables)
        refold = Refold(rows, skipped)
        for record in self._topics.read(JOURNAL, partition):
            if record.offset >= processed_to and not rows.later:
                self._compare_state(partition, refold)
                rows.later = True
            if not self._fold(partition, refold, record):
                break
            if rows.later:
                refold.say_rows()  # each row as it is after each entry: any of them may be the last one told
        if not rows.later:
            self._compare_state(partition, refold)

    def _fold(self, partition: int, refold: Refold, record: Record) -> bool:
        """False: what comes behind it cannot be folded."""
        try:
            entry = read_entry(record)
        except NoEntry:
            return True  # it was skipped, or allocation stands before it
        try:
            for broken in refold.take(entry, record.offset, lambda _: None):
                self._holds.differ(JOURNAL, partition, broken, record.offset)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding, and told as one
            if record.offset < self._processed_to[partition]:
                what = f"entry {entry.id} cannot be folded: {error!r}"
                self._state.differ(JOURNAL, partition, what, record.offset)
            return False
        self._holds.counts["entries"] += 1
        return True

    def _compare_state(self, partition: int, refold: Refold) -> None:
        refold.say_rows()
        self._changelogs.compare(partition, refold.fold.dump())
        for broken in refold.watch.state():
            self._holds.differ(JOURNAL, partition, broken)

    def _again(self, partition: int, sink: Sink) -> None:
        if partition in self._processed_to:
            until, skipped = self._processed_to[partition], self._skipped[partition]
            fold_again(self._topics, partition, until, skipped, sink)

    # --- from the state -------------------------------------------------------------------------------------

    def _from_state(self, partition: int, live: Fold, processed_to: int) -> None:
        """Folds on from the state, where the beginning of the journal is gone."""
        begin = self._topics.begin(JOURNAL, partition)
        self._not_proved.append(
            f"{JOURNAL}-{partition} begins at offset {begin}: its first records were deleted, so its state "
            "was not folded again; it was checked by its invariants, and the tables against it"
        )
        self._state_tables.add(partition, live)
        skipped = find_skipped(self._topics, partition)
        for record in self._topics.read(JOURNAL, partition):
            if record.offset < processed_to or record.offset in skipped:
                continue
            try:
                self._state_tables.fold_on(live, read_entry(record))
            except Exception:  # noqa: BLE001 - allocation comes no further either, and nothing newer can be there
                break


class _Rows:
    """Hands the rows of a fold to the tables. later: they are behind the mark."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.later = False

    def decision(self, published: Published, pool: str, id: str) -> None:
        """Not asked for: readers of the topics of events have them in their order."""

    def row(self, published: Published) -> None:
        if self.later:
            self._tables.add_later(published)
        else:
            self._tables.add(published)
