"""Reads what the processor says, as any reader should: committed records only."""

import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from backorder.contract.catalogue import load_catalogue
from backorder.demo.figures import Figures
from backorder.demo.kafka import Cluster
from backorder.demo.offsets import Place, ends
from backorder.engine.kafka import common, consumer

AT_ONCE = 2000
WAIT = 0.1
CATCH_UP_SECONDS = 60.0


class Watcher:
    """A thread that reads all public answers from the beginning on. A context manager."""

    def __init__(self, cluster: Cluster, figures: Figures) -> None:
        self._cluster = cluster
        self._figures = figures
        self._catalogue = load_catalogue(prefix=cluster.prefix)
        self._places = [
            (self._catalogue.full_name(topic.name), partition)
            for topic in self._catalogue.of_kind("output", "table", "dead-letters")
            for partition in range(topic.partitions)
        ]
        self._tables = {topic.name for topic in self._catalogue.of_kind("table")}
        self._stop = threading.Event()
        self._position: dict[Place, int] = {}
        self._threads = ThreadPoolExecutor(1, "watcher")
        self._reading: Future[None] | None = None

    def __enter__(self) -> Self:
        self._reading = self._threads.submit(self._read)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._threads.shutdown()

    def check(self) -> None:
        """Raises what ended the thread, if something did."""
        if self._reading is not None and self._reading.done():
            self._reading.result()

    def catch_up(self, meanwhile: Callable[[], None]) -> None:
        """Returns when everything that is there now has been read. Raises TimeoutError."""
        goals = ends(self._cluster.admin, self._places)
        deadline = time.monotonic() + CATCH_UP_SECONDS
        while any(self._position.get(place, 0) < end for place, end in goals.items()):
            meanwhile()
            if time.monotonic() > deadline:
                raise TimeoutError(f"the answers could not be read within {CATCH_UP_SECONDS:g} s")
            time.sleep(WAIT)

    def _read(self) -> None:
        reader = self._reader()
        try:
            reader.assign([TopicPartition(topic, partition, 0) for topic, partition in self._places])
            while not self._stop.is_set():
                first = reader.poll(WAIT)
                if first is not None:
                    now = time.time()
                    for message in (first, *reader.consume(AT_ONCE, 0)):
                        self._take(message, now)
        finally:
            reader.close()

    def _reader(self) -> Consumer:
        return consumer(
            common(self._cluster.kafka)
            | {
                "group.id": f"{self._cluster.prefix}watcher-{uuid.uuid4().hex[:8]}",
                "client.id": "backorder-demo-watcher",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "fetch.queue.backoff.ms": 2,
                "fetch.wait.max.ms": 10,
            }
        )

    def _take(self, message: Message, now: float) -> None:
        error, full_name = message.error(), message.topic()
        partition, offset = message.partition(), message.offset()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise KafkaException(error)
        assert full_name is not None and partition is not None and offset is not None
        if error is not None:  # the end: past the markers of transactions, which are never handed out
            self._position[full_name, partition] = offset
            return
        self._position[full_name, partition] = offset + 1
        topic = self._catalogue.short_name(full_name)
        value = message.value()
        if topic in self._tables:
            self._figures.row(topic, message.key() or b"", value)
        elif topic == "dead-letters":
            reason = dict(message.headers() or []).get("reason")
            self._figures.dead_letter(reason.decode() if isinstance(reason, bytes) else "?")
        elif value is not None:
            self._figures.answered(topic, value, now)
