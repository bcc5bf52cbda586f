"""What a receipt, or a request to release, would do, without doing it."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from backorder.domain import decisions as d
from backorder.domain.events import GoodsReceived, ReleaseRequested
from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.explain.supposing import Unknown, pool_of, receipt, supposing

Supposed = GoodsReceived | ReleaseRequested


class Rejection(Struct, frozen=True):
    """The event would make no sense."""

    reason: str
    detail: str


class Fill(Struct, frozen=True):
    """Waiting units of a line that would be covered, `remaining` would still wait."""

    order_id: str
    line: int
    sku: str
    location: str
    quantity: int
    remaining: int
    rule: str


class Loss(Struct, frozen=True):
    """Units of a line that would wait again."""

    order_id: str
    line: int
    sku: str
    quantity: int
    reason: str
    rule: str


class Move(Struct, frozen=True):
    """Units of a line that would be released to the warehouse at a location, or withdrawn from it."""

    order_id: str
    release_id: str
    line: int
    sku: str
    location: str
    quantity: int


class StockAfter(Struct, frozen=True):
    """A stock row that would change. `location` null: the units that wait without one."""

    sku: str
    location: str | None
    on_hand: int
    allocated: int
    backordered: int
    free: int
    free_before: int
    backordered_before: int


class Plan(Struct, frozen=True):
    """What would follow, in order. others: how many further decisions there would be, by type.

    free: units of the SKU that nobody would have then.
    """

    pool: str
    sku: str
    event: dict[str, Any]
    rejected: Rejection | None
    filled: list[Fill]
    reopened: list[Loss]
    released: list[Move]
    withdrawn: list[Move]
    stock: list[StockAfter]
    free: int
    others: dict[str, int]


def receipt_of(
    fold: Fold, pool: str, sku: str, quantity: int, location: str | None = None, purchase: str | None = None
) -> GoodsReceived:
    """The receipt to plan for; without a location at the SKU's first one. Raises `Unknown`."""
    known = pool_of(fold, pool)
    if location is None:
        sources = known.sku(sku).sources
        if not sources:
            raise Unknown(f"no location of {sku} is known in pool {pool}: say which")
        location = sources[0]
    return receipt(known, sku, location, quantity, purchase)


def plan(fold: Fold, pool: str, event: Supposed) -> Plan:
    """What would follow from the event. Raises `Unknown`."""
    known = pool_of(fold, pool)
    sku = event.sku if isinstance(event, ReleaseRequested) else event.lines[0].sku
    before = {key: (row.free, row.backordered) for key, row in known.stock.rows.items() if key[0] == sku}
    with supposing(fold, pool, [sku], event) as emitted:
        said = [each.decision for each in emitted]
        return Plan(
            pool=pool,
            sku=sku,
            event=_shown(event),
            rejected=next((_rejection(each) for each in said if isinstance(each, d.EventRejected)), None),
            filled=[_fill(each) for each in said if isinstance(each, d.BackorderFilled)],
            reopened=[_loss(each) for each in said if isinstance(each, d.BackorderReopened)],
            released=_moves(each for each in said if isinstance(each, d.ReleaseCreated)),
            withdrawn=_moves(each for each in said if isinstance(each, d.ReleaseWithdrawn)),
            stock=[*_stock(fold, known, before)],
            free=known.sku(sku).free_in_all,
            others=_count(each for each in said if not isinstance(each, _SHOWN)),
        )


_SHOWN = (
    d.BackorderFilled,
    d.BackorderReopened,
    d.ReleaseCreated,
    d.ReleaseWithdrawn,
    d.EventRejected,
)


def _shown(event: Supposed) -> dict[str, Any]:
    if isinstance(event, GoodsReceived):
        line = event.lines[0]
        return {
            "type": "goods.received",
            "sku": line.sku,
            "location": line.location,
            "quantity": line.quantity,
            "purchase_order_id": event.purchase_order_id,
        }
    return {
        "type": "release.requested",
        "sku": event.sku,
        "location": event.location,
        "quantity": event.quantity,
        "order_id": event.order_id,
        "line": event.line,
    }


def _rejection(said: d.EventRejected) -> Rejection:
    return Rejection(said.reason, said.detail)


def _fill(said: d.BackorderFilled) -> Fill:
    return Fill(said.order_id, said.line, said.sku, said.location, said.quantity, said.remaining, said.rule)


def _loss(said: d.BackorderReopened) -> Loss:
    return Loss(said.order_id, said.line, said.sku, said.quantity, said.reason, said.rule)


def _moves(said: Iterable[d.ReleaseCreated | d.ReleaseWithdrawn]) -> list[Move]:
    return [
        Move(each.order_id, each.release_id, part.line, part.sku, part.location, part.quantity)
        for each in said
        for part in each.lines
    ]


def _stock(fold: Fold, pool: Pool, before: dict[Any, tuple[int, int]]) -> Iterable[StockAfter]:
    changed = [row.data for row in fold.rows() if row.pool == pool.name]
    for row in changed:
        if isinstance(row, d.StockLevel):
            free, backordered = before.get((row.sku, row.location), (0, 0))
            yield StockAfter(
                row.sku,
                row.location,
                row.on_hand,
                row.allocated,
                row.backordered,
                row.free,
                free,
                backordered,
            )


def _count(said: Iterable[d.Decision]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for each in said:
        counts[each.TYPE] = counts.get(each.TYPE, 0) + 1
    return counts
