"""A thread that publishes, so that the table can be drawn meanwhile."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from backorder.demo.figures import Figures
from backorder.demo.kafka import Cluster
from backorder.engine.kafka import common, producer
from backorder.publisher.publisher import Publisher, producer_settings
from backorder.publisher.records import Record


class Player:
    """Publishes lines at `rate` events a second (0 = as fast as possible), and not more than `most_ahead` of
    them beyond what the services have processed. A context manager: leaving it stops what is not finished.

    Between topics there is no order: on a machine that is too slow for the rate, a pick would else overtake
    the receipt that came before it.
    """

    def __init__(
        self, cluster: Cluster, figures: Figures, lines: Iterable[bytes], rate: float, most_ahead: int
    ) -> None:
        self._figures = figures
        self._lines = lines
        self._stop = threading.Event()
        self._most_ahead = most_ahead
        self._allowed = most_ahead
        sender = producer(producer_settings(common(cluster.kafka)))
        self._publisher = Publisher(
            sender,
            cluster.prefix,
            rate,
            broken_too=True,
            sent=self._sent,
            stop=self._stop,
            may_go_on=self._may_go_on,
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

    def look_ahead(self, unprocessed: Callable[[], int]) -> None:
        """Asks how many records the services have not processed yet, and goes on accordingly."""
        published = self._publisher.published  # before asking: what is published meanwhile counts against it
        self._allowed = published - unprocessed() + self._most_ahead

    def finished(self, seconds: float) -> bool:
        """Whether all is published, after waiting for it so long at most. Raises what went wrong."""
        assert self._published is not None
        wait([self._published], seconds)
        if not self._published.done():
            return False
        self._published.result()
        return True

    def _may_go_on(self, published: int) -> bool:
        return published < self._allowed

    def _sent(self, record: Record, now: float) -> None:
        self._figures.sent(record.topic, record.pool, record.id, now)
