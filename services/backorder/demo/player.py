"""A thread that publishes, so that the table can be drawn meanwhile."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from backorder.demo.figures import Figures
from backorder.demo.kafka import Cluster
from backorder.engine.kafka import common, producer
from backorder.publisher.publisher import Publisher, producer_settings
from backorder.publisher.records import Record


class Player:
    """Publishes lines at `rate` events a second (0 = as fast as possible). A context manager: leaving it
    stops what is not finished."""

    def __init__(self, cluster: Cluster, figures: Figures, lines: Iterable[bytes], rate: float) -> None:
        self._figures = figures
        self._lines = lines
        self._stop = threading.Event()
        sender = producer(producer_settings(common(cluster.kafka)))
        self._publisher = Publisher(
            sender, cluster.prefix, rate, broken_too=True, sent=self._sent, stop=self._stop
        )
        self._threads = ThreadPoolExecutor(1, "player")
        self._published: Future[None] | None = None

    def __enter__(self) -> Self:
        self._published = self._threads.submit(self._publisher.publish, self._lines)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._threads.shutdown()

    def finished(self, seconds: float) -> bool:
        """Whether all is published, after waiting for it so long at most. Raises what went wrong."""
        assert self._published is not None
        wait([self._published], seconds)
        if not self._published.done():
            return False
        self._published.result()
        return True

    def _sent(self, record: Record, due: float) -> None:
        self._figures.sent(record.topic, record.pool, record.id, due)
