"""What every ingest service does with a partition of its public topic: read, drop repeats, append, or bury.

How a record is read stands elsewhere: a `Read` is given. The state is the window of event ids alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from backorder.engine.dead_letters import dead_letter
from backorder.engine.metrics import Metrics
from backorder.engine.records import Message, Outbox
from backorder.engine.repeats import Window, digest

ACCEPTED, DUPLICATE, DEAD_LETTER = OUTCOMES = ("accepted", "duplicate", "dead_letter")
UNKNOWN_TYPE = "unknown"
"""The `type` label of a dead letter whose type could not be read, or is none of ours."""


class Arrival(Struct, frozen=True, gc=False):
    """A record that could be read: who it is, and what to append to the journal for it."""

    type: str
    identity: bytes
    """What makes it the same event again, beside its topic: source and id."""
    key: bytes
    value: bytes
    partition: int
    """The partition of the journal."""


class Unreadable(Exception):
    """A record that is not an event. `reason` is a code, `detail` a sentence, `type` the event's if known."""

    def __init__(self, reason: str, detail: str, type: str = UNKNOWN_TYPE) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.type = type


Read = Callable[[Message], Arrival]
"""Reads one record of the public topic; raises `Unreadable`."""


class IngestPartition:
    """The state of one partition of a public topic."""

    def __init__(
        self, service: str, read: Read, window: Window, journal: str, dead_letters: str, metrics: Metrics
    ) -> None:
        """`journal` and `dead_letters` are topics; `service` names the topic in metrics and dead letters."""
        self._service = service
        self._read = read
        self._window = window
        self._journal = journal
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._outcomes: Counter[tuple[str, str]] = Counter()
        self._reasons: Counter[str] = Counter()

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self._window.restore(records)

    def restored(self) -> None:
        self._window.restored()

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        read, admit, outcomes = self._read, self._window.admit, self._outcomes
        produce, journal = out.produce, self._journal
        for record in records:
            try:
                arrival = read(record)
            except Unreadable as unreadable:
                self._bury(record, unreadable, out)
                continue
            if admit(digest(arrival.identity), record.timestamp_ms, record.offset):
                produce(journal, arrival.key, arrival.value, arrival.partition)
                outcomes[arrival.type, ACCEPTED] += 1
            else:
                outcomes[arrival.type, DUPLICATE] += 1

    def _bury(self, record: Message, unreadable: Unreadable, out: Outbox) -> None:
        self._window.pass_time(record.timestamp_ms)
        letter = dead_letter(record, unreadable.reason, unreadable.detail, self._service)
        out.produce(self._dead_letters, letter.key, letter.value, None, letter.headers)
        self._outcomes[unreadable.type, DEAD_LETTER] += 1
        self._reasons[unreadable.reason] += 1

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        return self._window.changes()

    def commit(self) -> None:
        self._window.commit()
        for (type_, outcome), count in self._outcomes.items():
            self._metrics.events.labels(self._service, type_, outcome).inc(count)
        for reason, count in self._reasons.items():
            self._metrics.dead_letters.labels(reason).inc(count)
        self._clear()

    def rollback(self) -> None:
        self._window.rollback()
        self._clear()

    def _clear(self) -> None:
        self._outcomes.clear()
        self._reasons.clear()

    def idle(self, out: Outbox) -> bool:
        return False
