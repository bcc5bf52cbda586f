"""The loop on a real Kafka: aborts, restarts, restores, takeovers, and what it refuses."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from backorder.engine import kafka, mark
from backorder.engine.failures import Refused, Restart
from backorder.local.broker import Broker
from tests.support.adding import Adding
from tests.support.broker import (
    AnyBroker,
    Record,
    admin,
    create_topic,
    end_offsets,
    produce,
    read_committed,
    send,
    transactional_producer,
)
from tests.support.engines import PATIENCE, Engine, create_topics
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

KEYS = (b"a", b"b", b"c", b"d")


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)


def numbers(count: int, partitions: int = 1) -> list[Record]:
    """Records 1, 2, 3, ... by turns in the partitions and under the keys."""
    return [
        Record(b"%d" % number, KEYS[number % len(KEYS)], partition=number % partitions)
        for number in range(1, count + 1)
    ]


def expected(bootstrap: str, service: Adding) -> dict[int, list[tuple[bytes, bytes]]]:
    """What the input, folded by hand, gives: key and value of each sum, by partition, in order."""
    sums: dict[tuple[int, bytes], int] = defaultdict(int)
    found: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for message in read_committed(bootstrap, service.input_topic):
        partition, key, offset = message.partition(), message.key(), message.offset()
        sums[partition, key] += int(message.value())
        found[partition].append((key, b"%d:%d" % (offset, sums[partition, key])))
    return found


def produced(bootstrap: str, service: Adding) -> dict[int, list[tuple[bytes, bytes]]]:
    """What a read-committed reader of the output sees, by partition, in order."""
    found: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for message in read_committed(bootstrap, service.out_topic):
        found[message.partition()].append((message.key(), message.value()))
    return found


def last_values(messages: list[Message]) -> dict[tuple[int, bytes], bytes]:
    """The last value per partition and key of a changelog, without the marks."""
    return {(m.partition(), m.key()): m.value() for m in messages if m.key() != mark.KEY}


def assert_exactly_once(bootstrap: str, service: Adding) -> None:
    """Every input record has had its effect once, in order, on output and changelog alike."""
    right = expected(bootstrap, service)
    assert produced(bootstrap, service) == right
    sums = {
        (partition, key): value.partition(b":")[2]
        for partition, records in right.items()
        for key, value in records
    }
    assert last_values(read_committed(bootstrap, service.state_topic)) == sums


def wait_for(bootstrap: str, service: Adding, count: int) -> None:
    """Waits until so many sums have been committed."""

    def enough() -> bool:
        return sum(map(len, produced(bootstrap, service).values())) >= count

    wait_until(enough, f"{count} sums in {service.out_topic}", PATIENCE)


def run_once(bootstrap: str, prefix: str, count: int) -> None:
    """An engine that lives until `count` sums are there in all."""
    with Engine(bootstrap, prefix) as engine:
        wait_for(bootstrap, engine.service, count)


# --- aborts -------------------------------------------------------------------------------------------------


class FailingCommits:
    """A producer of which some commits fail when everything has been written, so that it must be aborted."""

    def __init__(self, real: Producer, failing: Callable[[], bool]) -> None:
        self._real = real
        self._failing = failing
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def commit_transaction(self, timeout: float) -> None:
        if self._failing():
            self._real.flush(timeout)
            self.failed += 1
            raise KafkaException(KafkaError(KafkaError._PURGE_QUEUE, "made to fail", txn_requires_abort=True))
        self._real.commit_transaction(timeout)


def test_an_aborted_batch_is_undone_read_again_and_committed_once(
    broker: AnyBroker, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=2)
    turns = iter([True, True, False, True, False, True])
    made: list[FailingCommits] = []
    real = kafka.producer

    def failing(config: dict[str, Any]) -> FailingCommits:
        made.append(FailingCommits(real(config), lambda: next(turns, False)))
        return made[-1]

    monkeypatch.setattr(kafka, "producer", failing)
    produce(broker.bootstrap, service.input_topic, numbers(500, partitions=2))
    run_once(broker.bootstrap, topic_prefix, 500)
    assert made[0].failed == 4
    assert_exactly_once(broker.bootstrap, service)
    written = end_offsets(broker.bootstrap, service.out_topic, IsolationLevel.READ_UNCOMMITTED)
    # The aborted attempts are in the log; only no committed reader sees them.
    assert sum(end.offset for end in written) > 500 + 100


# --- restart and restore ------------------------------------------------------------------------------------


def test_a_restarted_service_goes_on_where_it_was(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=2)
    for count in (100, 200, 300):
        produce(broker.bootstrap, service.input_topic, numbers(100, partitions=2))
        run_once(broker.bootstrap, topic_prefix, count)
    assert_exactly_once(broker.bootstrap, service)


def test_a_restore_does_not_see_an_aborted_batch_at_the_end_of_the_changelog(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    run_once(broker.bootstrap, topic_prefix, 20)
    other = transactional_producer(broker.bootstrap, topic_prefix + "other")
    other.begin_transaction()
    for key in (*KEYS, mark.KEY):
        send(other, service.state_topic, Record(b"1000000", key))
    other.flush(30)
    other.abort_transaction(30)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    run_once(broker.bootstrap, topic_prefix, 40)
    assert_exactly_once(broker.bootstrap, service)


def test_a_restore_waits_for_an_open_transaction_on_its_changelog_while_other_partitions_go_on(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=2)
    one_each = [Record(b"1", b"a", partition) for partition in (0, 1)]
    produce(broker.bootstrap, service.input_topic, one_each)
    run_once(broker.bootstrap, topic_prefix, 2)
    other = transactional_producer(broker.bootstrap, topic_prefix + "other", timeout_ms=60_000)
    other.begin_transaction()
    send(other, service.state_topic, Record(b"1000", b"a", 0))
    other.flush(30)
    produce(broker.bootstrap, service.input_topic, one_each)
    with Engine(broker.bootstrap, topic_prefix):
        # Partition 1 is back at work: partition 0 has had its time, and has only the transaction to wait for.
        wait_for(broker.bootstrap, service, 3)
        assert produced(broker.bootstrap, service)[1] == [(b"a", b"0:1"), (b"a", b"1:2")]
        other.commit_transaction(30)
        wait_for(broker.bootstrap, service, 4)
    assert produced(broker.bootstrap, service)[0] == [(b"a", b"0:1"), (b"a", b"1:1001")]


@pytest.fixture(scope="module")
def eager_cleaner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A Kafka that compacts at once."""
    folder = tmp_path_factory.mktemp("eager")
    with Broker(folder, quick_start=True, settings={"log.cleaner.backoff.ms": 50}) as running:
        yield running


def test_a_compacted_changelog_restores_the_last_values(eager_cleaner: Broker, topic_prefix: str) -> None:
    bootstrap = eager_cleaner.bootstrap
    service = Adding(topic_prefix)
    for topic in (service.input_topic, service.out_topic):
        create_topic(bootstrap, topic)
    create_topic(
        bootstrap,
        service.state_topic,
        config={
            "cleanup.policy": "compact",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.0001",
            "max.compaction.lag.ms": "100",
        },
    )
    for count in (50, 100, 150, 200):
        produce(bootstrap, service.input_topic, numbers(50))
        run_once(bootstrap, topic_prefix, count)
    before = last_values(read_committed(bootstrap, service.state_topic))
    wait_until(
        lambda: len(read_committed(bootstrap, service.state_topic)) <= 2 * (len(KEYS) + 1),
        "superseded records are compacted away",
        PATIENCE,
    )
    assert last_values(read_committed(bootstrap, service.state_topic)) == before
    produce(bootstrap, service.input_topic, numbers(50))
    run_once(bootstrap, topic_prefix, 250)
    assert_exactly_once(bootstrap, service)


# --- where to resume ----------------------------------------------------------------------------------------


def group_is_empty(bootstrap: str, group: str) -> Callable[[], bool]:
    """Static members are members until their session ends."""
    client = admin(bootstrap)

    def empty() -> bool:
        return not client.describe_consumer_groups([group])[group].result(30).members

    return empty


def test_deleted_offsets_are_replaced_by_the_mark(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    with Engine(broker.bootstrap, topic_prefix) as engine:
        wait_for(broker.bootstrap, service, 20)
    wait_until(group_is_empty(broker.bootstrap, engine.group), "the session has ended", PATIENCE)
    client = admin(broker.bootstrap)
    client.delete_consumer_groups([engine.group])[engine.group].result(30)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    run_once(broker.bootstrap, topic_prefix, 40)
    assert_exactly_once(broker.bootstrap, service)


def test_a_moved_offset_is_refused_with_both_places_named(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    with Engine(broker.bootstrap, topic_prefix) as engine:
        wait_for(broker.bootstrap, service, 20)
    wait_until(group_is_empty(broker.bootstrap, engine.group), "the session has ended", PATIENCE)
    moved = ConsumerGroupTopicPartitions(engine.group, [TopicPartition(service.input_topic, 0, 5)])
    client = admin(broker.bootstrap)
    client.alter_consumer_group_offsets([moved])[engine.group].result(30)
    with Engine(broker.bootstrap, topic_prefix) as engine:
        message = engine.expect(Refused)
    assert f"stands at offset 20 of {service.input_topic}-0" in message
    assert "committed 5" in message


def test_a_lost_changelog_is_refused(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    produce(broker.bootstrap, service.input_topic, numbers(20))
    run_once(broker.bootstrap, topic_prefix, 20)
    client = admin(broker.bootstrap)
    client.delete_topics([service.state_topic])[service.state_topic].result(30)
    wait_until(
        lambda: service.state_topic not in client.list_topics(timeout=10).topics, "the changelog is gone"
    )
    create_topic(broker.bootstrap, service.state_topic, config={"cleanup.policy": "compact"})
    with Engine(broker.bootstrap, topic_prefix) as engine:
        assert "no mark" in engine.expect(Refused)


def test_a_missing_topic_is_refused_with_the_command_to_create_it(
    broker: AnyBroker, topic_prefix: str
) -> None:
    with Engine(broker.bootstrap, topic_prefix) as engine:
        assert "backorder topics apply" in engine.expect(Refused)


def test_a_session_timeout_that_the_broker_does_not_allow_is_refused_with_the_setting(
    broker: AnyBroker, topic_prefix: str
) -> None:
    create_topics(broker.bootstrap, topic_prefix)
    with Engine(broker.bootstrap, topic_prefix, session_timeout_ms=3_600_000) as engine:
        assert "BACKORDER_LOOP__SESSION_TIMEOUT_MS" in engine.expect(Refused)


# --- several processes --------------------------------------------------------------------------------------


class Load:
    """Publishes numbers, without a pause, until it is told to stop."""

    def __init__(self, bootstrap: str, service: Adding, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._service = service
        self._partitions = partitions
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.count = 0

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            produce(self._bootstrap, self._service.input_topic, numbers(40, self._partitions))
            self.count += 40

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def test_a_second_process_takes_partitions_over_and_gives_them_back_under_load(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=4)
    with (
        Engine(broker.bootstrap, topic_prefix) as first,
        Load(broker.bootstrap, service, partitions=4) as load,
    ):
        first.wait_for_partitions(0, 1, 2, 3)
        wait_for(broker.bootstrap, service, 100)
        with Engine(broker.bootstrap, topic_prefix, slot="1") as second:
            wait_until(lambda: len(second.service.open_partitions) == 2, "two partitions moved", PATIENCE)
            wait_until(lambda: len(first.service.open_partitions) == 2, "two partitions stayed", PATIENCE)
            wait_for(broker.bootstrap, service, load.count)
        first.wait_for_partitions(0, 1, 2, 3)
        wait_for(broker.bootstrap, service, load.count)
    with Engine(broker.bootstrap, topic_prefix):
        wait_for(broker.bootstrap, service, load.count)
    assert_exactly_once(broker.bootstrap, service)


def test_a_process_that_takes_a_slot_ends_the_one_that_had_it(broker: AnyBroker, topic_prefix: str) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    with Engine(broker.bootstrap, topic_prefix) as first:
        first.wait_for_partitions(0)
        with Engine(broker.bootstrap, topic_prefix):
            produce(broker.bootstrap, service.input_topic, numbers(20))
            assert "another process has taken over this slot" in first.expect(Restart)
            wait_for(broker.bootstrap, service, 20)
    assert_exactly_once(broker.bootstrap, service)


# --- poison -------------------------------------------------------------------------------------------------


def test_poison_stops_its_partition_at_the_record_and_the_others_go_on(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=2)
    records = [Record(b"1", b"a", 0), Record(b"poison", b"a", 0), Record(b"1", b"a", 0)]
    produce(broker.bootstrap, service.input_topic, [*records, *[Record(b"1", b"b", 1)] * 10])
    with Engine(broker.bootstrap, topic_prefix):
        wait_for(broker.bootstrap, service, 11)
        produce(broker.bootstrap, service.input_topic, [Record(b"1", b"a", 0), Record(b"1", b"b", 1)])
        wait_for(broker.bootstrap, service, 12)
    found = produced(broker.bootstrap, service)
    assert found[0] == [(b"a", b"0:1")]
    assert len(found[1]) == 11


def test_a_stopped_partition_passes_over_exactly_the_record_that_it_is_told_to(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix, partitions=2)
    poison, one = Record(b"poison", b"a", 0), Record(b"1", b"a", 0)
    produce(broker.bootstrap, service.input_topic, [one, poison, one, poison, one])
    with Engine(broker.bootstrap, topic_prefix):
        wait_for(broker.bootstrap, service, 1)
        # Not the one that it stands at: nothing is passed over. Then that one, and it stops at the next.
        produce(broker.bootstrap, service.input_topic, [Record(b"skip 3", b"", 0), Record(b"1", b"b", 1)])
        wait_for(broker.bootstrap, service, 2)
        assert len(produced(broker.bootstrap, service)[0]) == 1
        produce(broker.bootstrap, service.input_topic, [Record(b"skip 1", b"", 0)])
        wait_for(broker.bootstrap, service, 6)
    # It is found again by a process that begins with the state, and nothing is passed over twice.
    produce(broker.bootstrap, service.input_topic, [one])
    run_once(broker.bootstrap, topic_prefix, 7)
    assert produced(broker.bootstrap, service)[0] == [
        (b"a", b"0:1"),
        (b"a", b"1:skipped by 6: poison"),
        (b"a", b"2:2"),
        (b"a", b"3:skipped by 5: poison"),
        (b"a", b"4:3"),
        (b"a", b"7:4"),
    ]


def test_a_process_that_starts_at_a_poison_finds_the_word_that_was_given_while_none_ran(
    broker: AnyBroker, topic_prefix: str
) -> None:
    service = create_topics(broker.bootstrap, topic_prefix)
    produce(
        broker.bootstrap,
        service.input_topic,
        [Record(b"poison", b"a"), Record(b"1", b"a"), Record(b"skip 0", b"")],
    )
    run_once(broker.bootstrap, topic_prefix, 2)
    assert produced(broker.bootstrap, service)[0] == [(b"a", b"0:skipped by 2: poison"), (b"a", b"1:1")]
