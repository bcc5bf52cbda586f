"""The exactly-once loop.

consume a batch -> process it in memory -> begin -> produce what follows, the changelog records and the
mark -> send the offsets -> commit. An abort rolls the states back, moves the consumer back, and tries again.
"""

import threading
import time
from collections.abc import Sequence

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka import Message as Consumed

from backorder.engine import mark
from backorder.engine.config import LoopSettings
from backorder.engine.failures import Aborted, ended, kafka_error, over
from backorder.engine.health import Health
from backorder.engine.metrics import Metrics
from backorder.engine.partitions import Owned, Partitions
from backorder.engine.poison import Poison, process
from backorder.engine.records import Collected, Message
from backorder.engine.service import Service, Skippable
from backorder.engine.skips import Skips
from backorder.engine.steps import NO_STEPS, Step, Steps
from backorder.engine.summary import Summary
from backorder.engine.transactions import Transactions

_log = structlog.get_logger(__name__)

_IDLE_SECONDS = 1.0
_WAIT_SECONDS = 0.1
_RESTORE_SLICE_SECONDS = 0.1
_LONGEST_BACK_OFF_SECONDS = 2.0

Batch = list[tuple[Owned, list[Message]]]


class Loop:
    """Runs one service's partitions until it is told to stop. One thread."""

    def __init__(
        self,
        service: Service,
        settings: LoopSettings,
        consumer: Consumer,
        partitions: Partitions,
        skips: Skips,
        transactions: Transactions,
        metrics: Metrics,
        health: Health,
        stop: threading.Event,
        steps: Steps = NO_STEPS,
    ) -> None:
        self._service = service
        self._settings = settings
        self._consumer = consumer
        self._partitions = partitions
        self._skips = skips
        self._transactions = transactions
        self._metrics = metrics
        self._health = health
        self._stop = stop
        self._steps = steps
        self._summary = Summary(settings.summary_seconds)
        self._next_idle = time.monotonic()
        self._next_transaction = time.monotonic()
        self._aborts_in_a_row = 0

    def run(self) -> None:
        """Takes part in the group until the stop event is set; the batch in hand is finished first.

        Raises `Refused` or `Restart` when it cannot go on.
        """
        if not self._transactions.start(self._stopping):
            return
        self._partitions.subscribe()
        while not self._stopping():
            self.turn()

    def _stopping(self) -> bool:
        self._health.turn()
        return self._stop.is_set()

    def turn(self) -> None:
        """One batch, if there is one, and a slice of the restores that are under way."""
        with self._metrics.phase("poll"):
            batch = self._partitions.sort(self._take())
        self._work(batch)
        self._skip()
        self._partitions.adopt()
        if self._partitions.busy:
            with self._metrics.phase("restore"):
                self._partitions.advance(_RESTORE_SLICE_SECONDS)
        self._summary.tell()

    def _take(self) -> Sequence[Consumed]:
        """One record as soon as there is one, then what is queued.

        Small transactions, not records, wear a broker: when the last one has only just begun, more records
        are waited for until its interval is over. An idle service answers at once.
        """
        wait = 0.0 if self._partitions.busy else _WAIT_SECONDS
        try:
            first = self._consumer.consume(1, wait)
            if not first:
                return first
            room = self._settings.batch_records - 1
            # With a time, consume waits for all its records or all of it; without, it takes what is there.
            more = max(0.0, self._next_transaction - time.monotonic())
            return first + self._consumer.consume(room, more) if room else first
        except KafkaException as exception:
            error = kafka_error(exception)
            if over(error):
                raise ended(error, "the consumer failed") from exception
            _log.warning("consumer error", error=error.str())
            return []

    def _work(self, batch: Batch) -> None:
        self._steps.batch(batch)
        self._steps.reached(Step.AFTER_CONSUME)
        out = Collected()
        ends: dict[Owned, int] = {}
        poisoned: dict[Owned, Poison] = {}
        with self._metrics.phase("process"):
            for owned, records in batch:
                poison = process(owned.ready_state(), records, out)
                done = len(records)
                if poison is not None:
                    poisoned[owned], done = poison, poison.done
                if done:
                    ends[owned] = records[done - 1].offset + 1
            for owned in self._idle(out):
                ends.setdefault(owned, owned.position)
            self._changelog(ends, out)
        if ends and not self._write(ends, out):
            self._partitions.rewind({owned for owned, _ in batch} | ends.keys())
            return
        self._count(batch, len(out))
        for owned, poison in poisoned.items():
            self._stop_at(owned, poison)

    def _stop_at(self, owned: Owned, poison: Poison) -> None:
        self._partitions.stop(owned, poison)
        _log.error(
            "PARTITION STOPPED: its next record cannot be processed; the other partitions go on",
            topic=self._service.input_topic,
            partition=owned.number,
            offset=poison.record.offset,
            error=repr(poison.error),
        )

    def _skip(self) -> None:
        """Lets stopped partitions go on behind their record, where the input says that they may."""
        for owned, word in self._skips.find(self._partitions.stopped):
            poison, state, out = owned.stopped_at(), owned.ready_state(), Collected()
            assert isinstance(state, Skippable)
            state.skip(poison.record, word, poison.error, out)
            ends = {owned: poison.record.offset + 1}
            self._changelog(ends, out)
            if not self._write(ends, out):
                return  # it is found again
            self._partitions.go_on(owned)
            _log.warning(
                "record passed over, the partition goes on",
                topic=self._service.input_topic,
                partition=owned.number,
                offset=poison.record.offset,
                as_asked_for_at=word.offset,
            )

    def _idle(self, out: Collected) -> list[Owned]:
        now = time.monotonic()
        if now < self._next_idle:
            return []
        self._next_idle = now + _IDLE_SECONDS
        return [o for o in self._partitions.ready if o.ready_state().idle(out) or o.lacks_committed_offset]

    def _changelog(self, ends: dict[Owned, int], out: Collected) -> None:
        topic, version = self._service.state_topic, self._service.state_version
        for owned, end in ends.items():
            for key, value in owned.ready_state().changes():
                out.produce(topic, key, value, owned.number)
            out.produce(topic, mark.KEY, mark.encode(end, version), owned.number)

    def _write(self, ends: dict[Owned, int], out: Collected) -> bool:
        """One transaction; False = it was aborted, and the states are as before the batch."""
        self._next_transaction = time.monotonic() + self._settings.transaction_interval_ms / 1000
        topic = self._service.input_topic
        offsets = [TopicPartition(topic, owned.number, end) for owned, end in ends.items()]
        try:
            self._transactions.write(out.records, offsets, self._consumer)
        except Aborted as aborted:
            for owned in ends:
                owned.ready_state().rollback()
            self._back_off(aborted)
            return False
        self._steps.reached(Step.AFTER_COMMIT)
        for owned, end in ends.items():
            owned.position = owned.committed = end
            owned.ready_state().commit()
        self._aborts_in_a_row = 0
        self._metrics.last_commit.set_to_current_time()
        return True

    def _back_off(self, aborted: Aborted) -> None:
        self._aborts_in_a_row += 1
        seconds = min(_LONGEST_BACK_OFF_SECONDS, 0.025 * 2 ** min(self._aborts_in_a_row, 10))
        _log.warning(
            "transaction aborted, the batch is tried again",
            error=str(aborted),
            in_a_row=self._aborts_in_a_row,
            back_off_seconds=seconds,
        )
        self._stop.wait(seconds)

    def _count(self, batch: Batch, produced: int) -> None:
        consumed = sum(len(records) for _, records in batch)
        if consumed:
            self._metrics.batch_records.observe(consumed)
            newest = max(records[-1].timestamp_ms for _, records in batch)
            self._metrics.last_event.set(newest / 1000)
        if consumed or produced:
            self._summary.add(consumed, produced)
