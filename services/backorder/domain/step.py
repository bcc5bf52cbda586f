"""One event at work on a pool: what it may use, and what it leaves to be said at its end."""

from collections.abc import Iterable

from msgspec import UNSET

from backorder.domain import decisions as d
from backorder.domain.events import Entry, GoodsReceived, type_name
from backorder.domain.pool import Pool
from backorder.domain.records import Claim, Line, Order, PoolHead
from backorder.domain.settings import Settings
from backorder.domain.times import SECOND, at, micros

TYPE_PREFIX = "io.backorder."
TYPE_SUFFIX = ".v1"


class Rejected(Exception):
    """The event makes no sense here; raised before anything was changed."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class Step:
    """The work of one event (or of one part of a big one).

    own_order: lines of this order do not count against the size of a step.
    moves_left: how many lines of other orders may still be moved.
    cross_dock: units that waiters get now come straight from a receipt.
    """

    __slots__ = (
        "_head",
        "_withdrawn",
        "clock",
        "closed",
        "cross_dock",
        "emitted",
        "entry",
        "from_queue",
        "moves_left",
        "own_order",
        "pool",
        "positioned",
        "skus",
        "time",
        "unsettled",
    )

    def __init__(self, pool: Pool, entry: Entry, clock: int, settings: Settings) -> None:
        self.pool = pool
        self.entry = entry
        self.clock = clock
        self.time = micros(entry.time)
        self.own_order: str | None = getattr(entry.event, "order_id", None)
        self.moves_left = settings.step_lines
        self.cross_dock = isinstance(entry.event, GoodsReceived)
        self._head: PoolHead | None = None
        self.emitted: list[d.Emitted] = []
        self.unsettled: list[str] = []
        self.closed: list[tuple[str, tuple[str, ...]]] = []
        self.skus: dict[str, None] = {}
        self.positioned: set[int] = set()
        self.from_queue: dict[tuple[str, int, str], int] = {}
        self._withdrawn: dict[tuple[str, int, str], list[d.WithdrawnLine]] = {}

    # --- saying ---------------------------------------------------------------------------------------------

    def emit(self, key: str, decision: d.Decision) -> None:
        if self._head is None:
            heads = self.pool.heads
            self._head = heads.add((), PoolHead()) if heads.get(()) is None else heads.edit(())
        head = self._head
        head.sequence += 1
        self.emitted.append(d.Emitted(head.sequence, key, decision))

    def reject(self, reason: str, detail: str) -> None:
        entry = self.entry
        self.emit(
            subject(entry),
            d.EventRejected(
                event_id=entry.id,
                event_type=TYPE_PREFIX + type_name(entry.event) + TYPE_SUFFIX,
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

    # --- what all events on lines share ---------------------------------------------------------------------

    def touch(self, sku: str) -> None:
        """The SKU's units or claims changed: it is settled at the end of the event."""
        self.skus[sku] = None

    def open_backorder(
        self, line: Line, claim: Claim, units: int, reason: str, rule: str, before: d.Figures
    ) -> None:
        """Units of a claim begin to wait."""
        amended_again = line.opened_at is not None
        self.pool.wait(line, claim, units)
        self.pool.requeue(line)
        if amended_again:
            self._reopened(line, units, reason, rule, before)
            return
        line.opened_at = self.time
        line.seq += 1
        line.position = self.pool.sku(line.sku).position(line)
        self.positioned.add(line.line)
        waiting = line.waiting
        self.emit(
            line.order_id,
            d.BackorderOpened(
                order_id=line.order_id,
                line=line.line,
                sku=line.sku,
                seq=line.seq,
                quantity=units,
                ordered=line.ordered,
                allocated=line.allocated,
                location=line.location,
                opened_at=at(self.time),
                position=line.position or 1,
                reason=reason,
                promised_at=None,
                rule=rule,
                before=before,
                after={"waiting": waiting, "allocated": line.allocated},
            ),
        )

    def send_back(self, line: Line, claim: Claim, units: int, reason: str, before: d.Figures) -> None:
        """Units that were allocated wait again, at the claim's old place: a demotion."""
        self.pool.wait(line, claim, units)
        self.pool.requeue(line)
        if line.opened_at is None:
            line.opened_at = self.time
        self._reopened(line, units, reason, "demotion", before)

    def _reopened(self, line: Line, units: int, reason: str, rule: str, before: d.Figures) -> None:
        assert line.opened_at is not None
        line.seq += 1
        self.emit(
            line.order_id,
            d.BackorderReopened(
                order_id=line.order_id,
                line=line.line,
                sku=line.sku,
                seq=line.seq,
                quantity=units,
                remaining=line.waiting,
                location=line.location,
                opened_at=at(line.opened_at),
                reason=reason,
                rule=rule,
                before=before,
                after={"waiting": line.waiting, "allocated": line.allocated},
            ),
        )

    def filled(self, line: Line, units: int, location: str, rule: str, before: d.Figures) -> None:
        """Says that waiting units are covered; closes the backorder when nothing waits any more."""
        assert line.opened_at is not None
        line.seq += 1
        remaining = line.waiting
        self.emit(
            line.order_id,
            d.BackorderFilled(
                order_id=line.order_id,
                line=line.line,
                sku=line.sku,
                seq=line.seq,
                quantity=units,
                remaining=remaining,
                location=location,
                opened_at=at(line.opened_at),
                waited_seconds=self.waited(line.opened_at),
                rule=rule,
                before=before,
                after={"waiting": remaining, "free": self.pool.sku(line.sku).free(location)},
            ),
        )
        if not remaining:
            self.close_backorder(line, "filled", rule, before)

    def close_backorder(self, line: Line, outcome: str, rule: str, before: d.Figures) -> None:
        assert line.opened_at is not None
        line.seq += 1
        self.emit(
            line.order_id,
            d.BackorderClosed(
                order_id=line.order_id,
                line=line.line,
                sku=line.sku,
                seq=line.seq,
                outcome=outcome,
                opened_at=at(line.opened_at),
                waited_seconds=self.waited(line.opened_at),
                rule=rule,
                before=before,
                after={"waiting": 0, "allocated": line.allocated},
            ),
        )

    # --- releases -------------------------------------------------------------------------------------------

    def withdraw_surplus(self, line: Line, location: str, reason: str) -> None:
        """Takes back what is released at a location beyond what is allocated there, the latest first."""
        surplus = line.released_at(location) - line.allocated_at(location)
        if surplus <= 0:
            return
        released = line.at[location].released
        while surplus:
            part = released[-1]
            units = min(surplus, part.quantity)
            part.quantity -= units
            surplus -= units
            withdrawn = self._withdrawn.setdefault((line.order_id, part.release, reason), [])
            withdrawn.append(d.WithdrawnLine(line.line, line.sku, location, units))
            if not part.quantity:
                released.pop()

    def say_withdrawals(self) -> None:
        """One `release.withdrawn` for each release and reason of the event."""
        for (order_id, number, reason), parts in self._withdrawn.items():
            lines = _merged(parts)
            withdrawn = sum(line.quantity for line in lines)
            numbers = {line.line for line in lines}
            released = sum(self.pool.lines.rows[order_id, number].released for number in numbers)
            self.emit(
                order_id,
                d.ReleaseWithdrawn(
                    order_id=order_id,
                    release_id=release_id(order_id, number),
                    lines=lines,
                    reason=reason,
                    rule="withdrawal",
                    before={"released": released + withdrawn},
                    after={"released": released},
                ),
            )


def _merged(lines: list[d.WithdrawnLine]) -> list[d.WithdrawnLine]:
    units: dict[tuple[int, str, str], int] = {}
    for part in lines:
        key = (part.line, part.sku, part.location)
        units[key] = units.get(key, 0) + part.quantity
    return [d.WithdrawnLine(*key, quantity) for key, quantity in units.items()]


def release_id(order_id: str, number: int) -> str:
    """The id of the order's `number`-th release."""
    return f"{order_id}/{number}"


def subject(entry: Entry) -> str:
    """The subject of a public event: the id that it is keyed by."""
    event = entry.event
    for name in ("order_id", "sku", "purchase_order_id", "receipt_id"):
        value = getattr(event, name, None)
        if value is not None and value is not UNSET and _names_subject(event, name):
            return str(value)
    return entry.pool


def _names_subject(event: object, name: str) -> bool:
    # Inventory events may carry an order id beside their SKU; the SKU is their subject.
    return name != "order_id" or not hasattr(event, "sku")


def known_order(step: Step, order_id: str) -> Order:
    order = step.pool.orders.get((order_id,))
    if order is None:
        raise Rejected("unknown_order", f"order {order_id} is not known; it may come later or be forgotten")
    return order


def known_lines(step: Step, order_id: str, numbers: Iterable[int]) -> dict[int, Line]:
    """The named lines by number; rejects the event when one is not known."""
    lines: dict[int, Line] = {}
    for number in numbers:
        line = step.pool.line(order_id, number)
        if line is None:
            raise Rejected("unknown_line", f"order {order_id} has no line {number}")
        lines[number] = line
    return lines
