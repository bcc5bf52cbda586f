"""The input partitions that this process owns: from assignment over restore to ready, and away again.

A new partition is not given to the consumer yet. Between batches its committed offset is asked for first (the
broker answers when no transaction over it is open), then its changelog is restored, then mark and offset are
compared, and only then does the consumer get it, with the offset to begin at. A rebalance can run inside any
`consume()`: what that call or the one before returned of a partition that is not ready (any more) is dropped
by `sort`.
"""

import time
from collections.abc import Iterable

import structlog
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka import Message as Consumed
from confluent_kafka.admin import AdminClient

from backorder.engine import garbage, kafka, mark
from backorder.engine.failures import (
    CREDENTIALS,
    DENIED,
    Refused,
    Restart,
    ended,
    kafka_error,
    over,
)
from backorder.engine.health import Health
from backorder.engine.mark import Where
from backorder.engine.metrics import Metrics
from backorder.engine.offsets import ask_offsets
from backorder.engine.orphans import Orphans
from backorder.engine.poison import Poison
from backorder.engine.records import Message
from backorder.engine.restore import Restore, Restorer
from backorder.engine.service import PartitionState, Service
from backorder.engine.steps import NO_STEPS, Step, Steps

_log = structlog.get_logger(__name__)

_ASK_SECONDS = 5.0
_ASK_BETWEEN_BATCHES_SECONDS = 0.5
_ASK_AGAIN_SECONDS = 0.25
_SLOW_SECONDS = 30.0
_WARN_SECONDS = 10.0
# A broker that was killed may forget to end a transaction; then nobody does, and every reader waits.
_HANGING = "when it stays like this for minutes: kafka-transactions.sh find-hanging"


class Owned:
    """One input partition of this process."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.since = time.monotonic()
        self.state: PartitionState | None = None
        self.committed: int | None = None
        self.earliest = self.end = 0
        self.position = 0
        self.phase = "new"
        self.poison: Poison | None = None

    @property
    def lacks_committed_offset(self) -> bool:
        """Whether the group's offset was lost (expired, deleted) and only the mark says where to go on: those
        who watch the group's lag should not have to wait for the next record."""
        return self.committed is None and self.position > 0

    def ready_state(self) -> PartitionState:
        """The state; only of a partition that has been restored."""
        assert self.state is not None
        return self.state

    def stopped_at(self) -> Poison:
        """What it stopped at; only of a partition that is stopped."""
        assert self.poison is not None
        return self.poison


class Partitions:
    """Follows the consumer group's assignment. One thread, the one that calls `consume`."""

    def __init__(
        self,
        service: Service,
        group: str,
        consumer: Consumer,
        admin: AdminClient,
        restorer: Restorer,
        metrics: Metrics,
        health: Health,
        steps: Steps = NO_STEPS,
        orphans: Orphans | None = None,
    ) -> None:
        self._service = service
        self._group = group
        self._consumer = consumer
        self._admin = admin
        self._restorer = restorer
        self._metrics = metrics
        self._health = health
        self._steps = steps
        self._orphans = orphans
        self._owned: dict[int, Owned] = {}
        self._ready: dict[int, Owned] = {}
        self._assigned = False
        self._next_ask = 0.0
        self._next_warning = 0.0

    def subscribe(self) -> None:
        """Joins the group."""
        self._consumer.subscribe(
            [self._service.input_topic],
            on_assign=self._on_assign,
            on_revoke=self._on_revoke,
            on_lost=self._on_lost,
        )

    def adopt(self) -> None:
        """Joins the group again when partitions would stay without an owner; see `orphans`."""
        orphans = self._orphans.look() if self._orphans is not None else []
        if orphans:
            _log.warning(
                "partitions have no owner although the group is at rest: joining it again",
                topic=self._service.input_topic,
                partitions=orphans,
            )
            self._consumer.unsubscribe()
            self.subscribe()

    @property
    def ready(self) -> Iterable[Owned]:
        """The partitions that are restored and not stopped."""
        return self._ready.values()

    @property
    def stopped(self) -> list[Owned]:
        """The partitions that wait at a record that cannot be processed."""
        return [owned for owned in self._owned.values() if owned.phase == "stopped"]

    @property
    def busy(self) -> bool:
        """Whether `advance` has something to do now."""
        if len(self._restorer):
            return True
        return time.monotonic() >= self._next_ask and any(o.phase == "new" for o in self._owned.values())

    # --- the group's word -----------------------------------------------------------------------------------

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        # Where they begin is not known yet. A partition must not be assigned at a logical offset (the end,
        # say) and be moved by `seek` later: when the broker's answer to the client's question for that offset
        # is under way just then, the client takes it for outdated, asks again, and goes to the end after all,
        # past whatever there is to read (librdkafka up to 2.15, rd_kafka_toppar_handle_Offset).
        consumer.incremental_assign([])
        for partition in assigned:
            self._owned[partition.partition] = Owned(partition.partition)
        self._assigned = True
        self._changed("assigned", assigned)

    def _on_revoke(self, consumer: Consumer, revoked: list[TopicPartition]) -> None:
        # No transaction is open here: one begins and ends between two calls of consume.
        consumed = self._drop(revoked)
        self._steps.reached(Step.DURING_REVOKE)
        consumer.incremental_unassign(consumed)
        self._changed("revoked", revoked)

    def _on_lost(self, consumer: Consumer, lost: list[TopicPartition]) -> None:
        consumer.incremental_unassign(self._drop(lost))
        self._assigned = False
        self._changed("lost", lost)

    def _drop(self, gone: list[TopicPartition]) -> list[TopicPartition]:
        """Forgets partitions, and returns those that the consumer has got."""
        consumed = []
        for partition in gone:
            number = partition.partition
            self._restorer.cancel(number)
            self._ready.pop(number, None)
            owned = self._owned.pop(number, None)
            if owned is not None and owned.state is not None:
                self._service.close(number)
                garbage.may_go()
            if owned is not None and owned.phase in ("ready", "stopped"):
                consumed.append(partition)
        return consumed

    def _changed(self, what: str, partitions: list[TopicPartition]) -> None:
        if partitions:
            numbers = sorted(partition.partition for partition in partitions)
            _log.info("partitions " + what, topic=self._service.input_topic, partitions=numbers)
        self.report()

    def report(self) -> None:
        """Tells metrics and health where the partitions stand."""
        phases = [owned.phase for owned in self._owned.values()]
        restoring = phases.count("new") + phases.count("restoring")
        self._health.partitions(self._assigned, restoring, self._where_stopped())
        self._metrics.partitions.labels("restoring").set(restoring)
        self._metrics.partitions.labels("ready").set(phases.count("ready"))
        self._metrics.partitions.labels("stopped").set(phases.count("stopped"))

    def _where_stopped(self) -> list[str]:
        topic = self._service.input_topic
        return [f"{topic}-{owned.number} @ {owned.stopped_at().record.offset}" for owned in self.stopped]

    # --- from new to ready ----------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Goes on with what is not ready yet, for about so long."""
        new = [owned for owned in self._owned.values() if owned.phase == "new"]
        if new and time.monotonic() >= self._next_ask and self._ask(new):
            for owned in new:
                owned.phase = "restoring"
        with garbage.filling():
            done = self._restorer.work(seconds, wait=not self._ready)
        for restore in done:
            self._resume(self._owned[restore.partition], restore)
        self.report()
        self._warn_of_slow_restores()

    def _warn_of_slow_restores(self) -> None:
        slow = [
            owned.number
            for owned in self._owned.values()
            if owned.phase == "restoring" and time.monotonic() - owned.since > _SLOW_SECONDS
        ]
        if slow and self._may_warn():
            _log.warning(
                "restoring for long: much state, or an open transaction at the end of the changelog",
                topic=self._service.state_topic,
                partitions=slow,
                hint=_HANGING,
            )

    def _may_warn(self) -> bool:
        """Once in a while, not for each try."""
        now = time.monotonic()
        if now < self._next_warning:
            return False
        self._next_warning = now + _WARN_SECONDS
        return True

    def _ask(self, new: list[Owned]) -> bool:
        """Finds where the partitions stand, and begins their restores. False = ask again."""
        topic, state_topic = self._service.input_topic, self._service.state_topic
        inputs = [TopicPartition(topic, owned.number) for owned in new]
        logs = [TopicPartition(state_topic, owned.number) for owned in new]
        patience = _ASK_BETWEEN_BATCHES_SECONDS if self._ready else _ASK_SECONDS
        try:
            # First: the answer waits for a predecessor's transaction, and so the ends asked for after it
            # cover all that was committed with these offsets.
            committed = self._consumer.committed(inputs, timeout=patience)
            earliest = self._offsets(inputs + logs, kafka.EARLIEST)
            ends = self._offsets(inputs + logs, kafka.LATEST)
        except KafkaException as exception:
            self._not_answered(kafka_error(exception))
            return False
        for found in committed:
            if found.error is not None:
                self._not_answered(found.error)
                return False
        for owned, found in zip(new, committed, strict=True):
            owned.committed = found.offset if found.offset >= 0 else None
            owned.earliest, owned.end = earliest[topic, owned.number], ends[topic, owned.number]
            owned.state = self._service.open(owned.number)
            start, end = earliest[state_topic, owned.number], ends[state_topic, owned.number]
            self._restorer.add(Restore(owned.number, owned.state, start, end))
        return True

    def _not_answered(self, error: KafkaError) -> None:
        if error.code() in DENIED:
            raise Refused(f"the offsets of group {self._group} cannot be read: {error.str()}")
        if over(error):
            raise ended(error, f"this process is no member of group {self._group} any more")
        self._next_ask = time.monotonic() + _ASK_AGAIN_SECONDS
        if self._may_warn():
            _log.warning(
                "no answer about offsets yet: the broker is away, or an open transaction holds them back",
                group=self._group,
                error=error.str(),
                hint=_HANGING,
            )

    def _offsets(self, partitions: list[TopicPartition], spec: kafka.Which) -> dict[tuple[str, int], int]:
        places = [(partition.topic, partition.partition) for partition in partitions]
        answers = ask_offsets(self._admin, places, spec, _ASK_SECONDS)
        return {place: answer.offset for place, answer in answers.items()}

    def _resume(self, owned: Owned, restore: Restore) -> None:
        service = self._service
        where = Where(self._group, service.input_topic, service.state_topic, owned.number)
        at = mark.resume_at(where, restore.mark, restore.has_state, owned.committed, service.state_version)
        if at is not None and at < owned.earliest:
            raise Refused(
                f"{service.input_topic}-{owned.number} begins at offset {owned.earliest}, but only what is "
                f"before {at} has been processed: {owned.earliest - at} records were deleted unread; raise "
                f"the topic's retention. To go on without them, write the mark anew ({service.state_topic}, "
                f"key {mark.KEY.decode()}) and reset the group's offset"
            )
        if at is not None and at > owned.end:
            raise Refused(
                f"{service.input_topic}-{owned.number} ends at offset {owned.end}, but what is before {at} "
                "has been processed: the topic was deleted and created again, or the cluster is another one"
            )
        owned.position = owned.earliest if at is None else at
        self._begin(owned)
        seconds = time.monotonic() - owned.since
        self._metrics.restore_seconds.set(seconds)
        self._metrics.restored_records.inc(restore.records)
        _log.info(
            "partition ready",
            topic=service.input_topic,
            partition=owned.number,
            offset=owned.position,
            records=restore.records,
            seconds=round(seconds, 3),
        )

    def _begin(self, owned: Owned) -> None:
        at = TopicPartition(self._service.input_topic, owned.number, owned.position)
        self._consumer.incremental_assign([at])
        owned.phase = "ready"
        self._ready[owned.number] = owned

    # --- in work --------------------------------------------------------------------------------------------

    def rewind(self, partitions: Iterable[Owned]) -> None:
        """Moves the consumer back to what is processed; nothing may be consumed before this has been done."""
        for owned in partitions:
            at = TopicPartition(self._service.input_topic, owned.number, owned.position)
            try:
                self._consumer.seek(at)
            except KafkaException as exception:
                # Going on would pass over records.
                raise Restart(
                    f"cannot move to {at.topic}-{at.partition} @ {at.offset}: {exception}"
                ) from exception

    def stop(self, owned: Owned, poison: Poison) -> None:
        """Takes a partition out of work at a record; it keeps its place until `go_on`."""
        self._consumer.pause([TopicPartition(self._service.input_topic, owned.number)])
        self._ready.pop(owned.number, None)
        owned.phase, owned.poison = "stopped", poison
        self.report()

    def go_on(self, owned: Owned) -> None:
        """Takes a stopped partition to work again, from its position on."""
        place = [TopicPartition(self._service.input_topic, owned.number)]
        # Given anew: of what was fetched before, nothing comes any more.
        self._consumer.resume(place)
        self._consumer.incremental_unassign(place)
        owned.poison = None
        self._begin(owned)
        self.report()

    def sort(self, consumed: Iterable[Consumed]) -> list[tuple[Owned, list[Message]]]:
        """The records by partition; those of partitions that are not ready (any more) are dropped."""
        batch: dict[int, list[Message]] = {}
        ready, topic, current, position = self._ready, self._service.input_topic, -1, -1
        records: list[Message] | None = None
        for message in consumed:
            error = message.error()
            if error is not None:
                self._consumer_error(error)
                continue
            number, offset = message.partition(), message.offset()
            assert number is not None
            assert offset is not None
            if number != current:
                current = number
                owned = ready.get(number)
                if owned is None:
                    records = None
                else:
                    records = batch.setdefault(number, [])
                    position = owned.position
            # What was fetched before a seek does not come any more; a second lock on that door.
            if records is None or offset < position:
                continue
            records.append(
                Message(
                    topic,
                    number,
                    offset,
                    message.timestamp()[1],
                    message.key(),
                    message.value(),
                    message.headers(),  # type: ignore[arg-type]  # only bytes are ever handed out
                )
            )
        return [(ready[number], records) for number, records in batch.items() if records]

    def _consumer_error(self, error: KafkaError) -> None:
        code, topic = error.code(), self._service.input_topic
        if over(error):
            raise ended(error, "the consumer failed")
        if code in DENIED:
            raise Refused(f"{topic} cannot be read: {error.str()}; {CREDENTIALS}")
        if code == KafkaError.INVALID_SESSION_TIMEOUT:
            raise Refused(
                f"{error.str()}: set BACKORDER_LOOP__SESSION_TIMEOUT_MS between the broker's "
                "group.min.session.timeout.ms and group.max.session.timeout.ms"
            )
        if code == KafkaError._AUTO_OFFSET_RESET:
            raise Refused(f"records of {topic} were deleted before they were read: {error.str()}")
        _log.warning("consumer error", topic=topic, error=error.str())
