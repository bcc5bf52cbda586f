"""One event at work on a pool: what it may use, and what it leaves to be said at its end."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from backorder.domain import decisions as d
from backorder.domain.events import Entry, Keyed, ReleaseRequested, full_type_name, type_name
from backorder.domain.pool import Pool
from backorder.domain.records import Line, Order, PoolHead
from backorder.domain.settings import Settings
from backorder.domain.table import Key
from backorder.domain.times import SECOND, micros


class Rejected(Exception):
    """The event makes no sense here; raised before anything was changed."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Step(Struct):
    """The work of one event (or of one part of a big one).

    own_order: lines of this order do not count against the size of a step.
    growing: the order that lines or units are still to be added to: it is not all there yet.
    moves_left: how many lines of other orders may still be moved.
    docks: SKU and location of what was just received; waiters get it straight from there.
    from_queue: units by order, line and location that waited before this event covered them.
    corrected: by SKU and location, the change of what is set aside that on hand has followed (`net_counts`).
    taken_over: keys of holds that lines of the event have taken over.
    withdrawn: by order, number of the release, and reason.
    requested: units by order, line and location that somebody asks to be released.
    requested_orders: orders that ship complete and are to be released whole.
    unfinished: requests of which this step could do a part only.
    replans: SKUs of which supply changed, with the reason that a changed promise gives.
    walked: SKUs of which the clock has gone on with a walk; that alone moves no promise anew.
    replan_all: SKUs of which every waiter's promise is to be looked at.
    recheck: order lines whose own supply changed.
    orders_dated: orders that ship complete, or did, of which a promise may have moved, with the reason that a
        changed one gives; null = none but what happened to the order itself.
    kits_dated: order lines for kits of which a component was looked at, with the reason for a new promise.
    opened: where among the emitted decisions the backorder of a line was opened by this step.
    ended: order lines of which the last waiting unit went. waits_anew: order lines that nothing waited of
        when the event came. covered: units by order line that were filled.
    repromised: dates by order line that were promised before this step. uncovered: order lines of which it
        is to be told that no supply will come.
    placed: what became at once of the lines of the order that was placed.
    closed: kind and key of records that were closed, and so are forgotten some day.
    dated: kind of date and key of records that may have got a new date.
    """

    pool: Pool
    entry: Entry
    clock: int
    time: int
    head: PoolHead
    settings: Settings
    moves_left: int
    own_order: str | None = None
    growing: str | None = None
    docks: set[tuple[str, str]] = set()
    emitted: list[d.Emitted] = []
    unsettled: list[str] = []
    placed: list[d.Placed] = []
    closed: list[tuple[str, Key]] = []
    dated: list[tuple[str, Key]] = []
    skus: dict[str, None] = {}
    corrected: dict[tuple[str, str | None], int] = {}
    taken_over: dict[Key, None] = {}
    from_queue: dict[tuple[str, int, str], int] = {}
    requested: dict[tuple[str, int, str], int] = {}
    requested_orders: set[str] = set()
    unfinished: list[ReleaseRequested] = []
    withdrawn: dict[tuple[str, int, str], list[d.WithdrawnLine]] = {}
    replans: dict[str, str] = {}
    walked: dict[str, None] = {}
    replan_all: dict[str, None] = {}
    recheck: dict[tuple[str, int], None] = {}
    orders_dated: dict[str, str | None] = {}
    kits_dated: dict[tuple[str, int], str] = {}
    opened: dict[tuple[str, int], int] = {}
    ended: dict[tuple[str, int], None] = {}
    waits_anew: dict[tuple[str, int], None] = {}
    covered: dict[tuple[str, int], int] = {}
    repromised: dict[tuple[str, int], int | None] = {}
    uncovered: dict[tuple[str, int], None] = {}

    # --- saying ---------------------------------------------------------------------------------------------

    def emit(self, key: str, decision: d.Decision) -> None:
        self.head.sequence += 1
        self.emitted.append(d.Emitted(self.head.sequence, key, decision, self.entry))

    def amend_opened(self, key: tuple[str, int], promised_at: datetime | None) -> None:
        """The backorder that this step has opened is promised at once."""
        index = self.opened[key]
        emitted = self.emitted[index]
        decision = msgspec.structs.replace(emitted.decision, promised_at=promised_at)
        self.emitted[index] = msgspec.structs.replace(emitted, decision=decision)

    def reject(self, reason: str, detail: str) -> None:
        entry = self.entry
        assert isinstance(entry.event, Keyed)
        self.emit(
            entry.event.subject,
            d.EventRejected(
                event_id=entry.id,
                event_type=full_type_name(type_name(entry.event)),
                event_source=entry.source,
                reason=reason,
                detail=detail,
            ),
        )

    def discrepancy(self, sku: str, location: str, kind: str, quantity: int, figures: d.Figures) -> None:
        self.emit(sku, d.StockDiscrepancy(sku, location, kind, quantity, figures))

    def waited(self, opened_at: int) -> float:
        """Seconds from `opened_at` to this event, never negative: times may come in any order."""
        return max(0, self.time - opened_at) / SECOND

    def may_move(self, order_id: str, lines: int = 1) -> bool:
        """Counts lines of another order against the size of the step; False = the step is full."""
        if order_id == self.own_order:
            return True
        if not self.moves_left:
            return False
        self.moves_left = max(0, self.moves_left - lines)
        return True

    def touch(self, sku: str) -> None:
        """The SKU's units or claims changed: it is settled at the end of the event."""
        self.skus[sku] = None

    def touch_line(self, line: Line) -> None:
        """The same of what a line takes; of a kit also the kit's own SKU."""
        self.skus[line.sku] = None
        for part in line.parts:
            self.skus[part.sku] = None

    def replan(self, sku: str, reason: str) -> None:
        """Promises of the SKU are to be looked at again; the first reason of an event is given."""
        self.replans.setdefault(sku, reason)


def begin(pool: Pool, entry: Entry, clock: int, settings: Settings) -> Step:
    """The work of an event begins."""
    heads = pool.heads
    head = heads.edit(()) if () in heads.rows else heads.add((), PoolHead())
    return Step(pool, entry, clock, micros(entry.time), head, settings, settings.step_lines)


def known_order(step: Step, order_id: str) -> Order:
    """The order that the event is about; rejects the event when it is not known."""
    order = step.pool.orders.get((order_id,))
    if order is None:
        raise Rejected("unknown_order", f"order {order_id} is not known; it may come later or be forgotten")
    step.own_order = order_id
    return order


def require_open(order: Order) -> None:
    """Rejects the event when nothing of its order is open."""
    if order.closed_at is not None:
        raise Rejected("order_closed", f"nothing of order {order.order_id} is open")


def known_lines(step: Step, order_id: str, numbers: Iterable[int]) -> dict[int, Line]:
    """The named lines by number; rejects the event when one is not known."""
    lines: dict[int, Line] = {}
    for number in numbers:
        line = step.pool.line(order_id, number)
        if line is None:
            raise Rejected("unknown_line", f"order {order_id} has no line {number}")
        lines[number] = line
    return lines
