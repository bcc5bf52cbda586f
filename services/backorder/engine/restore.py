"""Reading a partition's state back from its compacted changelog, a slice at a time.

The reader is read-committed and goes up to the end that a *read-uncommitted* reader sees: what a predecessor
wrote and did not finish is decided (by its timeout at the latest) before the restore ends. "Up to" is judged
by where the reader stands, never by counting: compaction leaves holes, and the last offsets may be markers or
aborted records that are never handed out. End-of-partition events tell the position past those.

Only the last value of a key is given to the state, so superseded records cost no decoding.
"""

import time
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Consumed

from backorder.engine import kafka
from backorder.engine.failures import DENIED, Refused, Restart, over
from backorder.engine.mark import KEY as MARK_KEY
from backorder.engine.service import PartitionState
from backorder.engine.steps import NO_STEPS, Steps

_log = structlog.get_logger(__name__)

_READ_AT_ONCE = 10_000
_LOAD_AT_ONCE = 5_000


class Restore:
    """The restore of one partition."""

    def __init__(self, partition: int, state: PartitionState, start: int, end: int) -> None:
        """Reads from offset `start` until the position is `end`."""
        self.partition = partition
        self.state = state
        self.mark: bytes | None = None
        self.has_state = False
        self.records = 0
        self.started = time.monotonic()
        self.position = start
        self.done = False
        self._loading = False
        self._end = end
        self._live: dict[bytes, bytes] = {}

    @property
    def left(self) -> int:
        """How many offsets of the changelog are still to be read."""
        return max(0, self._end - self.position)

    @property
    def read(self) -> bool:
        """Whether the changelog has been read to its end."""
        return self.position >= self._end

    def take(self, messages: Iterable[Consumed]) -> list[Consumed]:
        """What was consumed of the changelog, in order: a later record of a key replaces an earlier one.

        Returns the messages that are errors or events, which are not for it to judge.
        """
        # Most of a changelog may be superseded records: this is all that happens to one of them.
        live, position, end, others, count = self._live, self.position, self._end, [], 0
        for message in messages:
            if message.error() is not None:
                others.append(message)
                continue
            if position >= end:
                break
            offset, key, value = message.offset(), message.key(), message.value()
            assert offset is not None
            if key is None:
                raise Refused(f"a changelog record without a key at offset {offset}: not by this service")
            if value is None:
                live.pop(key, None)
            else:
                live[key] = value
            position = offset + 1
            count += 1
        self.position = position
        self.records += count
        return others

    def load(self, deadline: float) -> None:
        """Hands the last values to the state, until `deadline` (monotonic) or until all is done."""
        live, restore = self._live, self.state.restore
        if not self._loading:
            self._loading = True
            self.mark = live.pop(MARK_KEY, None)
            self.has_state = bool(live)
        while live:
            restore(live.popitem() for _ in range(min(_LOAD_AT_ONCE, len(live))))
            if time.monotonic() > deadline:
                return
        self.state.restored()
        self.done = True


class Restorer:
    """Runs a process's restores with one consumer, which exists only while there is something to read."""

    def __init__(self, config: dict[str, Any], topic: str, steps: Steps = NO_STEPS) -> None:
        self._config = config
        self._topic = topic
        self._steps = steps
        self._consumer: Consumer | None = None
        self._restores: dict[int, Restore] = {}

    def __len__(self) -> int:
        return len(self._restores)

    def add(self, restore: Restore) -> None:
        """Begins a restore."""
        self._restores[restore.partition] = restore
        self._steps.restoring(self._left())
        if not restore.read:
            if self._consumer is None:
                self._consumer = kafka.consumer(self._config)
            start = TopicPartition(self._topic, restore.partition, restore.position)
            self._consumer.incremental_assign([start])

    def cancel(self, partition: int) -> None:
        """Forgets a partition that has been given up."""
        restore = self._restores.pop(partition, None)
        if restore is not None and not restore.read:
            self._unassign(partition)

    def work(self, seconds: float, wait: bool) -> list[Restore]:
        """Goes on with all restores for about so long, and returns those that are done.

        `wait`: there is nothing else to do, so waiting for records is well spent time.
        """
        deadline = time.monotonic() + seconds
        while any(not restore.read for restore in self._restores.values()):
            self._read(0.05 if wait else 0.005)
            self._steps.restoring(self._left())
            if time.monotonic() > deadline:
                break
        done = []
        for restore in list(self._restores.values()):
            if restore.read:
                restore.load(deadline)
            if restore.done:
                done.append(self._restores.pop(restore.partition))
        return done

    def _left(self) -> int:
        return sum(restore.left for restore in self._restores.values())

    def close(self) -> None:
        """Ends what is under way; the group may still take its partitions away afterwards."""
        self._restores.clear()
        self._stop_reading()

    def _stop_reading(self) -> None:
        if self._consumer is not None:
            self._consumer.close()
            self._consumer = None

    def _read(self, timeout: float) -> None:
        assert self._consumer is not None
        consumed = self._consumer.consume(_READ_AT_ONCE, timeout)
        for partition, messages in groupby(consumed, Consumed.partition):
            restore = self._restores.get(-1 if partition is None else partition)
            if restore is None or restore.read:
                continue
            for other in restore.take(messages):
                error = other.error()
                assert error is not None
                self._error(restore, error, other.offset())
            if restore.read:
                self._unassign(restore.partition)

    def _error(self, restore: Restore, error: KafkaError, offset: int | None) -> None:
        if error.code() == KafkaError._PARTITION_EOF and offset is not None:
            restore.position = max(restore.position, offset)
        elif error.code() in DENIED:
            raise Refused(f"the changelog {self._topic} cannot be read: {error.str()}")
        elif over(error):
            raise Restart(f"the changelog {self._topic} cannot be read: {error.str()}")
        else:
            _log.warning("reading the changelog is repeated", topic=self._topic, error=error.str())

    def _unassign(self, partition: int) -> None:
        assert self._consumer is not None
        self._consumer.incremental_unassign([TopicPartition(self._topic, partition)])
        if all(restore.read for restore in self._restores.values()):
            self._stop_reading()
