"""Why what is allocated to a line is kept back, and not released at once."""

from backorder.domain.complete import COMPLETE, is_whole
from backorder.domain.pool import Pool
from backorder.domain.records import Line, Order


def why_order_kept(pool: Pool, order: Order) -> str | None:
    """What keeps more of an order from being released now, as `waits_for` says it; None = nothing does."""
    if order.held:
        return "hold"
    if order.ship == COMPLETE and not is_whole(pool, order):
        return "order_complete"
    return None


def why_kept(pool: Pool, order: Order, line: Line) -> str | None:
    """The same of one line, of an order that is not kept."""
    return None
