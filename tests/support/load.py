"""Events for a processor under test: of many pools, and published beside what the test does."""

import threading
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, count
from random import Random
from types import TracebackType
from typing import Self

from backorder.contract.catalogue import load_catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.trade.mishaps import Mishaps
from backorder.trade.sample import sample
from tests.support.processor import Processor

ORDER = b'"io.backorder.order.placed.v1"'


def pool_of_each_partition(name: str = "pool") -> list[str]:
    """One pool for each partition of the journal, in the order of the partitions; `name` begins theirs."""
    partitions = load_catalogue()["journal"].partitions
    found: dict[int, str] = {}
    for number in count(1):
        pool = f"{name}-{number}"
        found.setdefault(partition_of(pool.encode(), partitions), pool)
        if len(found) == partitions:
            break
    return [found[partition] for partition in range(partitions)]


def trade_of(pools: Iterable[str], events_of_each: int, seed: int) -> list[bytes]:
    """As many events of each pool, by turns; before them one that is unreadable, an order of each pool, and
    one of these again.

    Mishaps are rare in the sample, and orders come after the stock: a load that is left early would not
    always have met one of each.
    """
    now = datetime.now(UTC)
    parts = [list(sample(events_of_each, seed, now, pools=(pool,))) for pool in pools]
    trade = list(chain.from_iterable(zip(*parts, strict=True)))
    orders = _an_order_of_each(parts)
    return [Mishaps("default", Random(seed)).unreadable(now), *orders, orders[0], *trade]


def endless_trade(events_of_each: int, seed: int) -> Iterator[bytes]:
    """The trade of one pool for each partition, by turns, before it an order of each; then that of other
    pools, and so on."""
    for number in count(1):
        now, pools = datetime.now(UTC), pool_of_each_partition(f"pool-{number}")
        parts = [list(sample(events_of_each, seed, now, pools=(pool,))) for pool in pools]
        yield from _an_order_of_each(parts)
        yield from chain.from_iterable(zip(*parts, strict=True))


def _an_order_of_each(parts: Iterable[list[bytes]]) -> list[bytes]:
    return [next(line for line in part if ORDER in line) for part in parts]


class Load:
    """Publishes lines at a rate from a thread of its own, until it is left.

    `published` is how many; raises AssertionError when the lines ran out before, for then nothing was under
    load at the end.
    """

    def __init__(self, processor: Processor, lines: Iterable[bytes], rate: float) -> None:
        self.published = 0
        self._ran_out = False
        self._processor = processor
        self._lines = lines
        self._rate = rate
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None:
            if self._error is not None:
                raise self._error
            assert not self._ran_out, "the load ended before the test"

    def _run(self) -> None:
        try:
            self._processor.publish(self._until_stopped(), self._rate)
        except Exception as error:  # noqa: BLE001 - raised where the load is left
            self._error = error

    def _until_stopped(self) -> Iterator[bytes]:
        for line in self._lines:
            if self._stop.is_set():
                return
            self.published += 1
            yield line
        self._ran_out = True
