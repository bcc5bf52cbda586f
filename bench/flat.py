"""Whether an event costs more the longer the queue is: one SKU, 10, 10,000 and a million lines (goal P8).

    python -m bench.flat [--lines 10 10000 1000000] [--rounds 200] [--fill-seconds 180] [--supply 0] [--keep]

Without Kafka: what allocation does with an event is done with one event at a time, each a batch of its own.
It is folded, its decisions and rows are written as JSON, the changelog is written, the batch is committed.
The queues are made by placing orders, with random priorities and required dates, so that new lines go into
the middle. The sizes take turns, and the same comes to each: an order placed and one cancelled, one unit
received, and a count of one unit less than there was (a demotion), so that each round ends as it began. Then
an aborted batch of all four, the first event after it, and the first after a restore.

Printed: medians of CPU microseconds, and how many times that of the first size. With --supply, a purchase of
so many units is on its way, and promises have to be looked at.
"""

import argparse
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic, process_time

from bench import kept

from backorder.allocation.publish import publish_decision, publish_row
from backorder.domain import events as e
from backorder.domain.decisions import Emitted
from backorder.domain.fold import Fold
from backorder.engine import garbage

SKU, LOCATION = "MUG", "AMS"
START = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN = timedelta(milliseconds=100)
COVERED = 20
"""Units that lines have, so that there is something to lose."""
FILL_BATCH = 1_000
BLOCK = 10
"""Rounds of one size before it is the turn of the next."""
FEWEST_RESTORES, MOST_RESTORES = 6, 30
GOAL_TIMES, GOAL_MORE = 3.0, 15.0

PLACED, CANCELLED, RECEIVED, COUNTED = (
    "order.placed",
    "order.cancelled",
    "goods.received of 1",
    "a count of 1 less",
)
ABORT, AFTER_ABORT = "an abort of these four", "goods.received of 1, first after it"
AFTER_RESTORE = "goods.received of 1, first after a restore"
AFTER_ANOTHER = "the same after an event of another SKU"
SECOND = "goods.received of 1, second after it"
TICK = "a tick of the clock"
JUDGED = (PLACED, CANCELLED, RECEIVED, COUNTED, AFTER_ABORT, AFTER_RESTORE, AFTER_ANOTHER)


class Shelf:
    """One SKU, the lines that wait for it, and what its events have cost.

    costs: CPU microseconds by what was measured. lines: how many wait.
    """

    def __init__(self, wanted: int, seconds: float, supply: int) -> None:
        self._dice = random.Random(1)
        self._number = 0
        self._waiting: list[str] = []
        self._fold = Fold()
        self.costs: dict[str, list[float]] = {}
        self._take(e.ClockTicked())
        self._take(e.GoodsReceived("R-0", [e.ReceivedLine(SKU, LOCATION, COVERED)]))
        self._on_hand = COVERED
        for _ in range(COVERED):
            self._take(e.OrderPlaced(self._next_order(), [e.OrderLine(1, SKU, 1)], priority=1))
        if supply:
            line = e.PurchasedLine(1, SKU, LOCATION, supply, START + timedelta(days=30))
            self._take(e.PurchasePlaced("P-1", "supplier", [line]))
        began = monotonic()
        with garbage.filling():
            while len(self._waiting) < wanted and monotonic() - began < seconds:
                self._apply(self.place())
                if self._number % FILL_BATCH == 0:
                    self._fold.commit()
            self._fold.commit()
        self.lines = len(self._waiting)

    # --- the events -----------------------------------------------------------------------------------------

    def place(self) -> e.Event:
        order_id = self._next_order()
        self._waiting.append(order_id)
        line = e.OrderLine(1, SKU, self._dice.randint(1, 3))
        required_by = (
            START + timedelta(days=self._dice.randint(10, 100)) if self._dice.random() < 0.5 else None
        )
        return e.OrderPlaced(order_id, [line], priority=self._dice.randint(2, 9), required_by=required_by)

    def cancel(self) -> e.Event:
        """Of one that waits and has nothing, from anywhere in the queue."""
        while True:
            index = self._dice.randrange(len(self._waiting))
            order_id, self._waiting[index] = self._waiting[index], self._waiting[-1]
            self._waiting.pop()
            line = self._fold.pools["default"].lines.rows[order_id, 1]
            if line.waiting == line.open:
                return e.OrderCancelled(order_id, "changed my mind")
            self._waiting.append(order_id)

    def receive(self) -> e.Event:
        self._on_hand += 1
        return e.GoodsReceived(f"R-{self._number}", [e.ReceivedLine(SKU, LOCATION, 1)])

    def count_down(self) -> e.Event:
        self._on_hand -= 1
        return e.StockCounted(SKU, LOCATION, self._on_hand, "on_hand", self._now)

    def _next_order(self) -> str:
        return f"O-{self._number:08}"

    # --- what happens to them -------------------------------------------------------------------------------

    @property
    def _now(self) -> datetime:
        return START + self._number * BETWEEN

    def _take(self, event: e.Event) -> None:
        """All that allocation does with an event, but for Kafka."""
        for emitted in self._apply(event):
            publish_decision(emitted)
        for row in self._fold.rows():
            publish_row(row)
        for _ in self._fold.changes():
            pass
        self._fold.commit()

    def _apply(self, event: e.Event) -> list[Emitted]:
        entry = e.Entry(e.JOURNAL_VERSION, "default", f"event-{self._number}", "/bench", self._now, event)
        self._number += 1
        return self._fold.apply(entry).emitted

    def measure(self, what: str, act: Callable[[], None]) -> None:
        began = process_time()
        act()
        self.costs.setdefault(what, []).append((process_time() - began) * 1e6)

    def _measure_event(self, what: str, event: e.Event) -> None:
        self.measure(what, lambda: self._take(event))

    def play_round(self) -> None:
        """One of each, in an order that leaves as many waiting as before."""
        self._measure_event(PLACED, self.place())
        self._measure_event(RECEIVED, self.receive())
        self._measure_event(COUNTED, self.count_down())
        self._measure_event(CANCELLED, self.cancel())
        self._measure_event(TICK, e.ClockTicked())

    def play_abort(self) -> None:
        """A batch of four is undone; what comes next is the first event after an abort."""
        waiting, on_hand = list(self._waiting[-2:]), self._on_hand
        for act in (self.receive, self.count_down):
            self._apply(act())
        self._apply(self.place())
        self._apply(e.OrderCancelled(waiting[0], "changed my mind"))
        self._waiting.pop()
        self._on_hand = on_hand
        self.measure(ABORT, self._fold.rollback)
        self._measure_event(AFTER_ABORT, self.receive())
        self._take(self.count_down())

    def play_restores(self) -> None:
        """The same state once more from its changelog, several times; each other time something else happens
        first, so that at least the code is in the processor's cache again."""
        records = list(self._fold.dump().items())
        original = self._fold
        for number in range(max(FEWEST_RESTORES, min(MOST_RESTORES, 100_000 // self.lines))):
            with garbage.filling():
                self._fold = Fold()
                self._fold.load(records)
                self._fold.loaded()
            on_hand = self._on_hand
            if number % 2:
                self._take(e.GoodsReceived("R-OTHER", [e.ReceivedLine("OTHER", LOCATION, 1)]))
            self._measure_event(AFTER_ANOTHER if number % 2 else AFTER_RESTORE, self.receive())
            self._measure_event(SECOND, self.receive())
            self._on_hand = on_hand
            garbage.may_go()
        self._fold = original

    def cost(self, what: str) -> float:
        return median(self.costs[what])


def play(shelves: Iterable[Shelf], rounds: int) -> None:
    """The sizes take turns."""
    for _ in range(0, rounds, BLOCK):
        for shelf in shelves:
            for _ in range(BLOCK):
                shelf.play_round()
    for _ in range(0, rounds, BLOCK):
        for shelf in shelves:
            for _ in range(BLOCK):
                shelf.play_abort()


def is_flat(few: float, many: float) -> bool:
    return many <= GOAL_TIMES * few or many - few <= GOAL_MORE


def show(shelves: list[Shelf]) -> dict[str, dict[str, float]]:
    """Prints the table; returns its figures."""
    few, *more = shelves
    width = max(len(what) for what in few.costs)
    head = "".join(f"{shelf.lines:>12,}" for shelf in shelves)
    print(f"{'CPU us, median; lines waiting':{width}}{head}   times the first")
    for what in few.costs:
        costs = [shelf.cost(what) for shelf in shelves]
        times = "".join(f"{cost / costs[0]:>8.2f}" for cost in costs[1:])
        judged = what in JUDGED and more
        said = (
            ("   flat" if all(is_flat(costs[0], cost) for cost in costs) else "   NOT FLAT") if judged else ""
        )
        print(f"{what:{width}}{''.join(f'{cost:>12.1f}' for cost in costs)}   {times}{said}")
    return {what: {f"{shelf.lines}": round(shelf.cost(what), 1) for shelf in shelves} for what in few.costs}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--lines", type=int, nargs="+", default=[10, 10_000, 1_000_000])
    asked.add_argument("--rounds", type=int, default=200)
    asked.add_argument(
        "--fill-seconds", type=float, default=180, help="a queue that takes longer stays shorter"
    )
    asked.add_argument("--supply", type=int, default=0, help="units on a purchase that is on its way")
    asked.add_argument("--keep", action="store_true", help="write the figures to bench/results/")
    options = asked.parse_args()
    garbage.search_seldom()
    shelves = []
    for lines in options.lines:
        began = monotonic()
        shelves.append(Shelf(lines, options.fill_seconds, options.supply))
        print(f"{shelves[-1].lines:,} lines wait, after {monotonic() - began:.0f} s", flush=True)
    play(shelves, options.rounds)
    for shelf in shelves:
        shelf.play_restores()
    figures = show(shelves)
    if options.keep:
        goals = f"{GOAL_TIMES:g} times that of the first size, or {GOAL_MORE:g} us more"
        print(kept.keep("flat", goals=goals, supply=options.supply, cpu_microseconds=figures))


if __name__ == "__main__":
    main()
