"""The workload: seeded commands about SKUs, and a plain fold that says what has to come out.

A SKU has units on hand and a first-in-first-out queue of waiting lines.

- `order_line`: allocated when nobody waits and the units are there, else it waits.
- `receipt`: its units are added, then lines are filled from the head as long as the head fits.
- `cancel`: the line leaves the queue if it waits there; otherwise nothing happens.

Every one of these answers is an output keyed by the order: `allocated`, `waiting`, `filled`, `cancelled`.
"""

import random
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

import msgspec

SKUS = 10_000
ZIPF = 1.1
ORDER_LINES, RECEIPTS = 0.70, 0.20
# On average a receipt brings a little more than its share of the orders takes.
ORDERED_UNITS = (1, 3)
RECEIVED_UNITS = (5, 10)
# A cancel is about one of so many latest order lines.
CANCELLABLE = 2_000


class Command(NamedTuple):
    """One message of the input topic."""

    key: bytes
    value: bytes


class Output(msgspec.Struct, frozen=True):
    """One message of the output topic. The order is its key."""

    type: str
    order_id: str
    sku: str
    quantity: int


class _Any(msgspec.Struct):
    type: str
    sku: str
    order_id: str = ""
    quantity: int = 0


def commands(count: int, seed: int) -> Iterator[Command]:
    """The first `count` commands of a seed; a shorter run is the beginning of a longer one."""
    dice = random.Random(seed)
    weights = list(accumulate((rank + 1) ** -ZIPF for rank in range(SKUS)))
    skus = [f"SKU-{number:05}" for number in range(SKUS)]
    dice.shuffle(skus)
    latest: deque[tuple[str, str]] = deque(maxlen=CANCELLABLE)
    for number in range(count):
        share = dice.random()
        sku = dice.choices(skus, cum_weights=weights)[0]
        if share < ORDER_LINES or not latest:
            order, units = f"O-{number:09}", dice.randint(*ORDERED_UNITS)
            latest.append((order, sku))
            yield _command("order_line", number, sku, f'"order_id":"{order}","quantity":{units}')
        elif share < ORDER_LINES + RECEIPTS:
            units = dice.randint(*RECEIVED_UNITS)
            yield _command("receipt", number, sku, f'"receipt_id":"R-{number:09}","quantity":{units}')
        else:
            order, sku = latest[dice.randrange(len(latest))]
            yield _command("cancel", number, sku, f'"order_id":"{order}","reason":"customer"')


def _command(type: str, number: int, sku: str, rest: str) -> Command:
    at = f"2026-01-01T{number // 3_600_000 % 24:02}:{number // 60_000 % 60:02}:{number // 1000 % 60:02}"
    value = (
        f'{{"type":"{type}","id":"e-{number:09}","at":"{at}.{number % 1000:03}Z","source":"/bench/w1",'
        f'"sku":"{sku}",{rest},"channel":"web","note":"same for all"}}'
    )
    return Command(sku.encode(), value.encode())


def expected(values: Iterable[bytes]) -> Iterator[Output]:
    """What has to come out, in the order in which it happens. Written to be read, not to be fast."""
    on_hand: Counter[str] = Counter()
    queues: dict[str, dict[str, int]] = {}
    decode = msgspec.json.Decoder(_Any).decode
    for value in values:
        command = decode(value)
        sku, queue = command.sku, queues.setdefault(command.sku, {})
        if command.type == "order_line":
            if not queue and on_hand[sku] >= command.quantity:
                on_hand[sku] -= command.quantity
                yield Output("allocated", command.order_id, sku, command.quantity)
            else:
                queue[command.order_id] = command.quantity
                yield Output("waiting", command.order_id, sku, command.quantity)
        elif command.type == "receipt":
            on_hand[sku] += command.quantity
            while queue:
                order, units = next(iter(queue.items()))
                if units > on_hand[sku]:
                    break
                del queue[order]
                on_hand[sku] -= units
                yield Output("filled", order, sku, units)
        else:
            units = queue.pop(command.order_id, 0)
            if units:
                yield Output("cancelled", command.order_id, sku, units)
