"""The transactional producer: one batch in, committed or aborted, or the process is over.

librdkafka tells by flags what an error means: `retriable` - call the same again; `txn_requires_abort` -
abort, and the batch may be tried anew; all else - this producer is done for. A commit that stays without an
answer has an unknown outcome: aborting then could fork the state, so the process ends and its successor
finds out.
"""

import time
from collections.abc import Callable, Sequence

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from backorder.engine.failures import REMEDIES, Aborted, Refused, Restart, ended, kafka_error
from backorder.engine.metrics import Metrics
from backorder.engine.records import Record
from backorder.engine.stamps import Stamps
from backorder.engine.steps import NO_STEPS, Step, Steps
from backorder.engine.watchdog import Watchdog

_log = structlog.get_logger(__name__)

# Patience of one call; a call that runs into it is made again, so it bounds nothing but the silence.
_CALL_SECONDS = 5.0


class Transactions:
    """Writes batches with a transactional producer. One thread."""

    def __init__(
        self,
        producer: Producer,
        timeout_ms: int,
        metrics: Metrics,
        watchdog: Watchdog,
        steps: Steps = NO_STEPS,
        stamps: Stamps | None = None,
    ) -> None:
        """`timeout_ms` is the producer's transaction timeout; three times as long is waited for an answer."""
        self._producer = producer
        self._patience = 3 * timeout_ms / 1000
        # A call that has not come back when the broker has given the transaction up never will.
        self._longest_call = _CALL_SECONDS + timeout_ms / 1000
        self._metrics = metrics
        self._watchdog = watchdog
        self._steps = steps
        self._stamps = stamps

    def start(self, stopping: Callable[[], bool]) -> bool:
        """Fences the slot's predecessor and ends what it left open. False if `stopping` came first."""
        while not stopping():
            try:
                self._producer.init_transactions(_CALL_SECONDS)
            except KafkaException as exception:
                error = kafka_error(exception)
                if not error.retriable():
                    raise _over(error, "the transactional id could not be taken") from exception
                _log.warning("kafka is not reachable yet", error=error.str())
            else:
                return True
        return False

    def write(self, records: Sequence[Record], offsets: list[TopicPartition], consumer: Consumer) -> None:
        """Writes the records and the consumer's offsets in one transaction.

        Raises `Aborted` when nothing was written, `Restart` when it is not known whether it was.
        """
        if self._stamps is not None:
            records = self._stamps.on(records)
        half = len(records) // 2
        try:
            with self._metrics.phase("produce"):
                self._producer.begin_transaction()
                self._produce(records[:half])
                self._steps.reached(Step.AFTER_HALF_OF_THE_PRODUCES)
                self._produce(records[half:])
                self._steps.reached(Step.AFTER_ALL_PRODUCES)
            with self._metrics.phase("commit"):
                # The metadata is taken now: a rebalance since the batch was read then fails the transaction.
                metadata = consumer.consumer_group_metadata()
                self._repeat(
                    "send offsets",
                    lambda: self._producer.send_offsets_to_transaction(offsets, metadata, _CALL_SECONDS),
                )
                self._steps.reached(Step.AFTER_OFFSETS_SENT)
                self._repeat("commit", self._commit)
        except KafkaException as exception:
            self._abort(kafka_error(exception))
            raise Aborted(kafka_error(exception).str()) from exception
        self._metrics.transactions.labels("committed").inc()

    def _commit(self) -> None:
        with self._steps.within(Step.INSIDE_COMMIT, self._producer.flush):
            self._producer.commit_transaction(_CALL_SECONDS)

    def _produce(self, records: Sequence[Record]) -> None:
        produce = self._producer.produce
        for record in records:
            while True:
                try:
                    # No callback: a record that is not delivered makes the commit fail.
                    if record.headers is None:
                        produce(record.topic, record.value, record.key, record.partition)
                    else:
                        produce(
                            record.topic,
                            record.value,
                            record.key,
                            record.partition,
                            headers=record.headers,  # type: ignore[arg-type]  # a list of bytes is one
                        )
                    break
                except BufferError:
                    self._producer.poll(0.05)

    def _repeat(self, what: str, call: Callable[[], None]) -> None:
        """Makes a call until it is answered; past the patience the outcome is unknown."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                with self._watchdog.within(self._longest_call, what):
                    call()
                return
            except KafkaException as exception:
                error = kafka_error(exception)
                if not error.retriable() or error.txn_requires_abort():
                    raise
                if time.monotonic() > deadline:
                    raise Restart(
                        f"no answer to '{what}' in {self._patience:.0f} s: {error.str()}"
                    ) from exception
                _log.warning("transaction call is repeated", call=what, error=error.str())

    def _abort(self, cause: KafkaError) -> None:
        if not cause.txn_requires_abort():
            raise _over(cause, "the transaction failed")
        self._metrics.transactions.labels("aborted").inc()
        try:
            with self._metrics.phase("abort"):
                self._repeat("abort", lambda: self._producer.abort_transaction(_CALL_SECONDS))
        except KafkaException as exception:
            raise _over(kafka_error(exception), "the transaction could not be aborted") from exception
        # Some errors let the batch be tried again, and would do so for ever.
        if cause.code() in REMEDIES:
            raise _over(cause, "the transaction failed")


def _over(error: KafkaError, what: str) -> Exception:
    remedy = REMEDIES.get(error.code())
    return ended(error, what) if remedy is None else Refused(f"{what}: {error.str()}; {remedy}")
