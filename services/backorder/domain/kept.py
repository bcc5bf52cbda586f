"""Why what is allocated to a line is kept back, and not released at once."""

from backorder.domain.pool import Pool
from backorder.domain.records import Line, Order


def why_kept(pool: Pool, order: Order, line: Line) -> str | None:
    """What keeps more of a line from being released now, as `waits_for` says it; None = nothing does."""
    if order.held:
        return "hold"
    return None
