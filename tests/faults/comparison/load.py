"""The load of the comparison: order lines, receipts and cancels of many SKUs, from a seed, at a rate."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate, count
from random import Random
from types import TracebackType
from typing import Self

from tests.faults.comparison.job import Event, encoded
from tests.support.broker import producer

SKUS = 2000
ZIPF = 1.1


def events(seed: int) -> Iterator[Event]:
    """Without an end: 70 % order lines, 20 % receipts, 10 % cancels; as many units come as are ordered."""
    random = Random(seed)
    skus = [f"sku-{number}" for number in range(SKUS)]
    weights = list(accumulate(1 / rank**ZIPF for rank in range(1, SKUS + 1)))
    placed: defaultdict[str, list[str]] = defaultdict(list)
    for number in count():
        (sku,) = random.choices(skus, cum_weights=weights)
        kind = random.choices(("order_line", "receipt", "cancel"), weights=(70, 20, 10))[0]
        event: Event = {"id": number, "type": kind, "sku": sku}
        if kind == "order_line":
            event |= {"order": f"order-{number}", "units": random.randint(1, 5)}
            placed[sku].append(event["order"])
        elif kind == "receipt":
            event |= {"units": random.randint(1, 20)}
        else:
            event |= {"order": random.choice(placed[sku][-20:] or ["order-none"])}
        yield event


class Load:
    """Publishes events to a topic, keyed by SKU, at a steady rate from a thread, until it is left."""

    def __init__(self, bootstrap: str, topic: str, seed: int, rate: float) -> None:
        self.published = 0
        self._producer = producer(bootstrap, partitioner="murmur2_random", linger_ms=5)
        self._topic = topic
        self._events = events(seed)
        self._rate = rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        left = self._producer.flush(60)
        assert left == 0, f"{left} events could not be published"

    def _run(self) -> None:
        started = time.monotonic()
        while not self._stop.wait(0.01):
            due = int((time.monotonic() - started) * self._rate)
            while self.published < due and not self._stop.is_set():
                event = next(self._events)
                self._producer.produce(self._topic, encoded(event), event["sku"].encode())
                self.published += 1
            self._producer.poll(0)
