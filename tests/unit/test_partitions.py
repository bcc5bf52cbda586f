"""Which consumed records a process may take: only of partitions that it owns and has restored."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.failures import Restart
from backorder.engine.health import Health
from backorder.engine.metrics import Metrics
from backorder.engine.partitions import Owned, Partitions
from backorder.engine.poison import Poison
from backorder.engine.records import Message
from backorder.engine.restore import Restore, Restorer
from tests.support.adding import Adding

FOREVER = float("inf")


class FakeConsumer:
    """What `Partitions` asks of a consumer in a rebalance, and a log of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[int]]] = []
        self.begins: dict[int, int] = {}
        self.seek_fails = False

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        self.calls.append(("incremental_assign", [partition.partition for partition in partitions]))
        self.begins |= {partition.partition: partition.offset for partition in partitions}

    def __getattr__(self, name: str) -> Any:
        def call(partitions: Any) -> None:
            given = partitions if isinstance(partitions, list) else [partitions]
            self.calls.append((name, [partition.partition for partition in given]))

        return call

    def seek(self, partition: TopicPartition) -> None:
        if self.seek_fails:
            raise KafkaException(KafkaError(KafkaError._STATE))
        self.calls.append(("seek", [partition.partition, partition.offset]))


def consumed(partition: int, offset: int) -> Any:
    """A message as the client hands it out."""
    answers = {
        "error": None,
        "partition": partition,
        "offset": offset,
        "timestamp": (2, 1000),
        "key": b"k",
        "value": b"1",
        "headers": None,
    }
    return SimpleNamespace(**{name: (lambda value=value: value) for name, value in answers.items()})


class Group:
    """The partitions of the adding service, and the consumer group's word."""

    def __init__(self) -> None:
        self.consumer = FakeConsumer()
        self.service = Adding("")
        self.health = Health(60)
        self.partitions = Partitions(
            self.service,
            "group",
            cast(Consumer, self.consumer),
            cast(AdminClient, None),
            Restorer({}, "state"),
            Metrics("adding"),
            self.health,
        )

    def assign(self, *numbers: int) -> None:
        given = [TopicPartition("in", number) for number in numbers]
        self.partitions._on_assign(cast(Consumer, self.consumer), given)

    def revoke(self, *numbers: int) -> None:
        taken = [TopicPartition("in", number) for number in numbers]
        self.partitions._on_revoke(cast(Consumer, self.consumer), taken)

    def lose(self, *numbers: int) -> None:
        lost = [TopicPartition("in", number) for number in numbers]
        self.partitions._on_lost(cast(Consumer, self.consumer), lost)

    def make_ready(self, number: int, position: int = 0) -> None:
        """What follows when the changelog has been read."""
        owned = self.partitions._owned[number]
        owned.state, owned.phase, owned.earliest, owned.end = (
            self.service.open(number),
            "restoring",
            position,
            99,
        )
        restore = Restore(number, owned.state, 0, 0)
        restore.load(FOREVER)
        self.partitions._resume(owned, restore)

    def stop(self, number: int, at: int) -> Owned:
        """What follows when the record at this offset cannot be processed."""
        owned = next(owned for owned in self.partitions.ready if owned.number == number)
        record = Message("in", number, at, 0, None, b"poison")
        self.partitions.stop(owned, Poison(record, ZeroDivisionError(), 0))
        return owned

    def taken(self, *messages: Any) -> list[tuple[int, int]]:
        batch = self.partitions.sort(messages)
        return [(owned.number, record.offset) for owned, records in batch for record in records]


@pytest.fixture
def group() -> Group:
    return Group()


def test_the_consumer_gets_a_new_partition_only_when_the_place_to_begin_at_is_known(group: Group) -> None:
    group.assign(0)
    assert group.consumer.calls == [("incremental_assign", [])]
    assert group.taken(consumed(0, 5)) == []
    group.make_ready(0, position=5)
    assert group.consumer.calls[1:] == [("incremental_assign", [0])]
    # Never a logical offset: moved from there by a seek, the client can come back to it.
    assert group.consumer.begins == {0: 5}
    assert group.taken(consumed(0, 5)) == [(0, 5)]


def test_of_the_revoked_partitions_the_consumer_gives_up_those_that_it_got(group: Group) -> None:
    group.assign(0, 1, 2)
    group.make_ready(1)
    group.revoke(0, 1)
    assert group.consumer.calls[-1] == ("incremental_unassign", [1])
    group.lose(2)
    assert group.consumer.calls[-1] == ("incremental_unassign", [])


def test_records_of_a_partition_that_was_revoked_inside_the_consume_call_are_dropped(group: Group) -> None:
    group.assign(0, 1)
    group.make_ready(0)
    group.make_ready(1)
    group.revoke(0)
    assert group.taken(consumed(0, 0), consumed(1, 0), consumed(0, 1)) == [(1, 0)]
    assert list(group.service.open_partitions) == [1]


def test_records_of_a_partition_that_was_lost_and_came_back_are_dropped_until_it_is_restored(
    group: Group,
) -> None:
    group.assign(0)
    group.make_ready(0)
    group.lose(0)
    assert not group.health.ready().ok
    group.assign(0)
    assert group.taken(consumed(0, 0)) == []


def test_records_before_the_position_are_dropped(group: Group) -> None:
    group.assign(0)
    group.make_ready(0, position=5)
    assert group.taken(consumed(0, 4), consumed(0, 5), consumed(0, 6)) == [(0, 5), (0, 6)]


def test_a_consumer_that_cannot_be_moved_back_ends_the_process(group: Group) -> None:
    group.assign(0)
    group.make_ready(0)
    group.consumer.seek_fails = True
    with pytest.raises(Restart, match="cannot move to in-0 @ 0"):
        group.partitions.rewind(group.partitions.ready)


def test_a_stopped_partition_takes_nothing_more(group: Group) -> None:
    group.assign(0, 1)
    group.make_ready(0)
    group.make_ready(1)
    group.stop(0, at=4)
    assert group.taken(consumed(0, 0), consumed(1, 0)) == [(1, 0)]
    assert [owned.number for owned in group.partitions.stopped] == [0]
    assert group.health.ready() == (True, "STOPPED at a record that cannot be processed: in-0 @ 4")


def test_a_stopped_partition_that_goes_on_is_given_to_the_consumer_anew_at_its_position(group: Group) -> None:
    group.assign(0, 1)
    group.make_ready(0)
    group.make_ready(1)
    stopped = group.stop(0, at=4)
    stopped.position = 5
    group.partitions.go_on(stopped)
    assert group.consumer.calls[-2:] == [("incremental_unassign", [0]), ("incremental_assign", [0])]
    assert group.consumer.begins[0] == 5
    assert group.taken(consumed(0, 4), consumed(0, 5), consumed(1, 0)) == [(0, 5), (1, 0)]
    assert group.health.ready() == (True, "assigned and restored")
