"""W1 on our engine: the loop of the services, settings and all, with this handler instead of theirs.

    python -m bench.w1.systems.engine BOOTSTRAP INPUT PREFIX

The state is restorable: a changelog record for the units of each SKU, and one for each waiting line.
"""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from backorder.engine import process
from backorder.engine.config import EngineSettings, KafkaSettings
from backorder.engine.records import Message, Outbox


class OrderLine(msgspec.Struct, tag_field="type", tag="order_line", gc=False):
    sku: str
    order_id: str
    quantity: int


class Receipt(msgspec.Struct, tag_field="type", tag="receipt", gc=False):
    sku: str
    quantity: int


class Cancel(msgspec.Struct, tag_field="type", tag="cancel", gc=False):
    sku: str
    order_id: str


class Answer(msgspec.Struct, gc=False):
    type: str
    order_id: str
    sku: str
    quantity: int


class Line(NamedTuple):
    """A waiting line. `place` is the offset of its command: the queue is in that order."""

    place: int
    quantity: int


class Stock:
    """A SKU: units on hand, and who waits, first come first."""

    __slots__ = ("on_hand", "queue", "sku")

    def __init__(self, sku: str) -> None:
        self.sku = sku
        self.on_hand = 0
        self.queue: dict[str, Line] = {}


_decode = msgspec.json.Decoder(OrderLine | Receipt | Cancel).decode
_decode_line = msgspec.json.Decoder(Line).decode
_encode = msgspec.json.Encoder().encode


class W1Partition:
    """The `engine.service.PartitionState` of one partition.

    What a batch touches is noted as it was before: units by SKU, lines by SKU and order.
    """

    def __init__(self, out_topic: str) -> None:
        self._out_topic = out_topic
        self._stocks: dict[str, Stock] = {}
        self._units_before: dict[str, int] = {}
        self._lines_before: dict[tuple[str, str], Line | None] = {}

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        for key, value in records:
            sku, _, order = key.decode().partition(" ")
            stock = self._stock(sku)
            if order:
                stock.queue[order] = _decode_line(value)
            else:
                stock.on_hand = int(value)

    def restored(self) -> None:
        for stock in self._stocks.values():
            _put_in_order(stock)

    def _stock(self, sku: str) -> Stock:
        stock = self._stocks.get(sku)
        if stock is None:
            stock = self._stocks[sku] = Stock(sku)
        return stock

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        stocks, units_before, lines_before = self._stocks, self._units_before, self._lines_before
        produce, out_topic = out.produce, self._out_topic
        for record in records:
            command = _decode(record.value or b"")
            sku = command.sku
            stock = stocks.get(sku)
            if stock is None:
                stock = stocks[sku] = Stock(sku)
            if sku not in units_before:
                units_before[sku] = stock.on_hand
            kind = type(command)
            if kind is OrderLine:
                order, quantity = command.order_id, command.quantity
                if not stock.queue and stock.on_hand >= quantity:
                    stock.on_hand -= quantity
                    answer = Answer("allocated", order, sku, quantity)
                else:
                    lines_before.setdefault((sku, order), None)
                    stock.queue[order] = Line(record.offset, quantity)
                    answer = Answer("waiting", order, sku, quantity)
                produce(out_topic, order.encode(), _encode(answer))
            elif kind is Receipt:
                stock.on_hand += command.quantity
                if stock.queue:
                    self._fill(stock, out)
            else:
                line = stock.queue.pop(command.order_id, None)
                if line is not None:
                    self._left(stock, command.order_id, line, "cancelled", out)

    def _fill(self, stock: Stock, out: Outbox) -> None:
        queue = stock.queue
        while queue:
            order = next(iter(queue))
            line = queue[order]
            if line.quantity > stock.on_hand:
                break
            del queue[order]
            stock.on_hand -= line.quantity
            self._left(stock, order, line, "filled", out)

    def _left(self, stock: Stock, order: str, line: Line, how: str, out: Outbox) -> None:
        self._lines_before.setdefault((stock.sku, order), line)
        answer = Answer(how, order, stock.sku, line.quantity)
        out.produce(self._out_topic, order.encode(), _encode(answer))

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        stocks = self._stocks
        for sku, before in self._units_before.items():
            if (on_hand := stocks[sku].on_hand) != before:
                yield sku.encode(), b"%d" % on_hand
        for (sku, order), line_before in self._lines_before.items():
            line = stocks[sku].queue.get(order)
            if line is not line_before:
                yield f"{sku} {order}".encode(), None if line is None else _encode(line)

    def commit(self) -> None:
        self._units_before.clear()
        self._lines_before.clear()

    def rollback(self) -> None:
        for sku, on_hand in self._units_before.items():
            self._stocks[sku].on_hand = on_hand
        for (sku, order), line in self._lines_before.items():
            queue = self._stocks[sku].queue
            if line is None:
                queue.pop(order, None)
            else:
                queue[order] = line
        for sku in {sku for sku, _ in self._lines_before}:
            _put_in_order(self._stocks[sku])
        self.commit()

    def idle(self, out: Outbox) -> bool:
        return False


def _put_in_order(stock: Stock) -> None:
    stock.queue = dict(sorted(stock.queue.items(), key=lambda item: item[1].place))


class W1Service:
    """The `engine.service.Service`."""

    name = "engine"
    state_version = 1

    def __init__(self, input_topic: str, prefix: str) -> None:
        self.input_topic = input_topic
        self.out_topic = prefix + "out"
        self.state_topic = prefix + "state"

    def open(self, partition: int) -> W1Partition:
        return W1Partition(self.out_topic)

    def close(self, partition: int) -> None:
        """Nothing is kept beside the state."""


if __name__ == "__main__":
    bootstrap, input_topic, prefix = sys.argv[1:]
    settings = EngineSettings(kafka=KafkaSettings(bootstrap_servers=bootstrap), prefix=prefix)
    sys.exit(process.run("engine", settings, lambda *_: W1Service(input_topic, prefix)))
