"""Where every record of the journal comes from: a public topic, or the processor itself, and then why."""

from collections import deque
from collections.abc import Iterable

from backorder.contract.kafka_partition import partition_of
from backorder.domain import events
from backorder.domain.events import Entry, PublicEvent, type_name

PROCESSOR = "/backorder/allocation"
"""The source of ticks and rules."""


class Origins:
    """Looks at each record of one journal partition, in order.

    `owed` are the continuations that folding has asked for and that have not come yet.
    """

    def __init__(self, partition: int, partitions: int, inputs: Iterable[str]) -> None:
        self._partition = partition
        self._partitions = partitions
        self._inputs = frozenset(inputs)
        self.owed: deque[Entry] = deque()
        self._asked: dict[int, int] = {}

    def problem(self, entry: Entry, key: bytes | None, offset: int) -> str | None:
        """What is wrong with a record; None = it has a right to be here, or is judged with its topic."""
        if key != entry.pool.encode():
            return f"its key is not its pool, {entry.pool!r}"
        if entry.pool and partition_of(entry.pool.encode(), self._partitions) != self._partition:
            return f"pool {entry.pool!r} belongs in another partition"
        if isinstance(entry.event, PublicEvent):
            return self._from_outside(entry)
        if (entry.topic, entry.partition, entry.offset) != (None, None, None):
            return f"{type_name(entry.event)} cannot come from a public topic"
        if isinstance(entry.event, events.Continued):
            return self._continued(entry)
        return self._own(entry, offset)

    def _from_outside(self, entry: Entry) -> str | None:
        if entry.topic not in self._inputs or entry.partition is None or entry.offset is None:
            return f"{type_name(entry.event)} from nowhere: it names no place of a public topic"
        return None

    def _continued(self, entry: Entry) -> str | None:
        if not self.owed:
            return f"a continuation of event {entry.id} that nothing asked for"
        wanted = self.owed.popleft()
        if wanted != entry:
            return f"a continuation of event {entry.id}, where one of {wanted.id} was due"
        return None

    def _own(self, entry: Entry, offset: int) -> str | None:
        event = entry.event
        if entry.pool:
            return f"{type_name(event)} concerns the whole partition and cannot be of pool {entry.pool!r}"
        if isinstance(event, events.SkipRequested):
            return self._asks_to_skip(event, offset)
        if entry.source != PROCESSOR:
            return f"{type_name(event)} of source {entry.source!r}, not of {PROCESSOR}"
        if isinstance(event, events.RecordSkipped):
            return self._skipped(event)
        return None

    def _asks_to_skip(self, event: events.SkipRequested, offset: int) -> str | None:
        """An operator may ask for it, of any source."""
        if event.offset >= offset:
            return f"it asks to skip offset {event.offset}, which comes after it"
        self._asked[offset] = event.offset
        return None

    def _skipped(self, event: events.RecordSkipped) -> str | None:
        if self._asked.pop(event.request, None) != event.offset:
            return f"it skips offset {event.offset}, which nobody asked for at {event.request}"
        return None
