"""A warehouse picks and ships what was released to it, and counts what has come to rest.

Played in seconds, the events of a year lose what real time keeps apart: a pick would overtake, on another
topic, the receipt that brought its units, and a count the shipments before it. So what a warehouse says of an
order is kept back until the release that it follows from has been seen, and a count for a moment (it says
itself what it speaks for, so that nothing is lost by coming later); all other events go on meanwhile.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import NamedTuple

import msgspec

PATIENCE = 3.0
"""Seconds to wait for a release. After that the event is published all the same, and the processor judges."""
REST = 1.0
"""Seconds by which a count is published later, so that what happened before it is in."""
POLL = 0.02

_ORDER = "io.backorder.order."
_COUNTED = "io.backorder.stock.counted."
_WAREHOUSE = {"io.backorder.order.picked.v1", "io.backorder.order.shipped.v1"}

OrderKey = tuple[str, str]
LineKey = tuple[str, str, int]


class _Units(msgspec.Struct):
    line: int
    quantity: int


class _Data(msgspec.Struct):
    order_id: str
    lines: list[_Units]
    force: bool = False


class _Event(msgspec.Struct):
    type: str
    subject: str
    data: msgspec.Raw
    pool: str = "default"


class _Waiting(NamedTuple):
    line: bytes
    until: float


_read = msgspec.json.Decoder(_Event).decode
_read_data = msgspec.json.Decoder(_Data).decode


class Warehouse:
    """Keeps warehouse events back. One thread tells of releases, one takes the events."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._released: Counter[LineKey] = Counter()
        self._news: deque[OrderKey] = deque()
        self._shipped: Counter[LineKey] = Counter()
        self._waiting: dict[OrderKey, deque[_Waiting]] = {}
        self._counts: deque[_Waiting] = deque()

    def released(self, pool: str, order_id: str, line: int, units: int) -> None:
        """A release for the line could be read; withdrawn units are negative."""
        with self._lock:
            self._released[pool, order_id, line] += units
            self._news.append((pool, order_id))

    def in_turn(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines; those of an order stay in their order."""
        for line in lines:
            yield from self._ready()
            event = _event_of(line)
            if event is None or not event.type.startswith((_ORDER, _COUNTED)):
                yield line
            elif event.type.startswith(_COUNTED):
                self._counts.append(_Waiting(line, self._clock() + REST))
            else:
                yield from self._take((event.pool, event.subject), line)
        while self._waiting or self._counts:
            time.sleep(POLL)
            yield from self._ready()

    def _take(self, order: OrderKey, line: bytes) -> Iterator[bytes]:
        if order in self._waiting or not self._may_go(order, line):
            waiting = self._waiting.setdefault(order, deque())
            waiting.append(_Waiting(line, self._clock() + PATIENCE))
        else:
            yield line

    def _ready(self) -> Iterator[bytes]:
        """What was kept back and may go now."""
        with self._lock:
            news, self._news = self._news, deque()
        for order in dict.fromkeys(news):
            yield from self._go_on(order)
        now = self._clock()
        while self._counts and self._counts[0].until <= now:
            yield self._counts.popleft().line
        while self._waiting:
            # In the order in which they began to wait.
            order = next(iter(self._waiting))
            if self._waiting[order][0].until > now:
                return
            yield self._waiting[order].popleft().line
            left = self._waiting.pop(order)
            if left:
                self._waiting[order] = left
                yield from self._go_on(order)

    def _go_on(self, order: OrderKey) -> Iterator[bytes]:
        waiting = self._waiting.get(order)
        while waiting and self._may_go(order, waiting[0].line):
            yield waiting.popleft().line
        if waiting is not None and not waiting:
            del self._waiting[order]

    def _may_go(self, order: OrderKey, line: bytes) -> bool:
        event = _read(line)
        if event.type not in _WAREHOUSE:
            return True
        try:
            data = _read_data(event.data)
        except msgspec.DecodeError:
            return True
        with self._lock:
            for units in data.lines:
                key = (*order, units.line)
                if not data.force and self._shipped[key] + units.quantity > self._released[key]:
                    return False
        if event.type.endswith("shipped.v1"):
            for units in data.lines:
                self._shipped[*order, units.line] += units.quantity
        return True


def _event_of(line: bytes) -> _Event | None:
    try:
        return _read(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # broken on purpose: for the processor to say so
