"""Why what is allocated to a line is kept back, and not released at once."""

from backorder.domain.complete import COMPLETE, is_whole
from backorder.domain.pool import Pool
from backorder.domain.queue import BY_REQUEST
from backorder.domain.records import Line, Order

MANUAL_RELEASE = BY_REQUEST
"""What a line waits for that somebody has to release."""
BY_HAND = "manual"
"""The policy of an item whose units are released on request only."""


def why_order_kept(pool: Pool, order: Order) -> str | None:
    """What keeps more of an order from being released now, as `waits_for` says it; None = nothing does."""
    if order.held:
        return "hold"
    if order.payment not in (None, "authorized"):
        return "payment"
    if order.ship == COMPLETE:
        if not is_whole(pool, order):
            return "order_complete"
        if any(_is_by_hand(pool, line) for line in pool.lines_of(order) if line.open):
            return MANUAL_RELEASE
    return None


def why_kept(pool: Pool, order: Order, line: Line) -> str | None:
    """The same of one line, of an order that is not kept."""
    return MANUAL_RELEASE if order.ship != COMPLETE and _is_by_hand(pool, line) else None


def _is_by_hand(pool: Pool, line: Line) -> bool:
    return pool.sku(line.sku).item.release == BY_HAND
