"""The broker's side of a run: topics, the input, progress, and what came out."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec
from bench.w1.workload import Command, Output
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 4
PATIENCE = 60.0

# What a broker says of a group that is just being made.
_NOT_YET = {
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}

Outputs = Counter[int]
"""How often each output came, by the hash of all its fields, the key among them."""


class Kafka:
    """What a run asks the broker to do."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 1})

    def create(self, topic: str, config: dict[str, str] | None = None) -> None:
        """A topic of four partitions."""
        new = NewTopic(topic, PARTITIONS, 1, config=config or {})
        self._admin.create_topics([new])[topic].result(PATIENCE)

    @contextmanager
    def run_topics(self, prefix: str) -> Iterator[None]:
        """The topics of one run: `<prefix>out` and `<prefix>state`. All of the run goes when it is over."""
        self.create(prefix + "out")
        self.create(prefix + "state", {"cleanup.policy": "compact"})
        try:
            yield
        finally:
            ours = [topic for topic in self._admin.list_topics(timeout=PATIENCE).topics if prefix in topic]
            for deleted in self._admin.delete_topics(ours).values():
                deleted.result(PATIENCE)

    def fill(self, topic: str, commands: Iterable[Command]) -> None:
        """Writes the input."""
        self.create(topic, {"message.timestamp.type": "LogAppendTime"})
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "log_level": 1,
                "enable.idempotence": True,
                "linger.ms": 20,
                "batch.size": 256 * 1024,
                "compression.type": "lz4",
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        for command in commands:
            while True:
                try:
                    producer.produce(topic, command.value, command.key)
                    break
                except BufferError:
                    producer.poll(0.1)
        if producer.flush(PATIENCE):
            raise RuntimeError(f"{topic} could not be filled")

    def values(self, topic: str) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of all committed records that a topic has now."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "w1-check",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.queue.backoff.ms": 2,
                "check.crcs": True,
            }
        )
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        reading = PARTITIONS
        while reading:
            for message in consumer.consume(10_000, 0.2):
                if message.error() is None:
                    yield message.key(), message.value()
                else:
                    reading -= 1
        consumer.close()

    @contextmanager
    def progress(self, group: str, topic: str) -> Iterator[Callable[[], int]]:
        """Asks how many records of a topic a consumer group has committed; takes no part in the group.

        Not by the admin client: `list_consumer_group_offsets` of librdkafka up to 2.16 ends the process when
        the broker answers "not coordinator" (librdkafka#5040), as a young one does.
        """
        asker = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": group,
                "isolation.level": "read_uncommitted",
                "enable.auto.commit": False,
            }
        )
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]

        def committed() -> int:
            try:
                found = asker.committed(partitions, timeout=PATIENCE)
            except KafkaException as exception:
                if exception.args[0].code() in _NOT_YET:
                    return 0
                raise
            return sum(max(0, partition.offset) for partition in found)

        try:
            yield committed
        finally:
            asker.close()


def outputs(records: Iterable[tuple[bytes, bytes]]) -> Outputs:
    """The records of an output topic, whatever order they came in and however their JSON is written."""
    decode = msgspec.json.Decoder(Output).decode
    return Counter(_same(key, decode(value)) for key, value in records)


def outputs_expected(expected: Iterable[Output]) -> Outputs:
    return Counter(_same(output.order_id.encode(), output) for output in expected)


def _same(key: bytes, output: Output) -> int:
    return hash((key, output.type, output.order_id, output.sku, output.quantity))


def copies(records: Iterable[tuple[bytes, bytes]]) -> Outputs:
    """For a system that passes its input through: each record as it is."""
    return Counter(map(hash, records))
