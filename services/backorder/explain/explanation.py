"""Why a line waits, or was filled: everything about it that an answer rests on, and the answer in words."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, structs

from backorder.domain import decisions as d
from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.domain.rows import line_row, stock_row
from backorder.domain.times import at_or_none
from backorder.explain.ahead import Ahead, ahead_of
from backorder.explain.history import Told, history_of
from backorder.explain.kit_receipts import KitFilling, kit_receipts_that_fill
from backorder.explain.receipts import Filling, receipts_that_fill
from backorder.explain.supply import Expected, expected_for
from backorder.explain.supposing import Unknown, pool_of
from backorder.explain.words import Case, answer


class Explanation(Struct, frozen=True):
    """answer: why it is as it is, in sentences. at: the clock of the state; null = it has not ticked yet.

    row: the line's row, with its place in the queue as it is now (the table has that of the last change).
    stock: the rows of the locations that may serve it. would_fill: receipts that would cover it;
    would_fill_kits: those that would cover a line for kits.
    expected: what is to come there, soonest first, undated last.
    """

    pool: str
    order_id: str
    line: int
    at: datetime | None
    answer: list[str]
    row: d.LineChanged
    ahead: Ahead | None
    stock: list[d.StockLevel]
    would_fill: list[Filling]
    would_fill_kits: list[KitFilling]
    expected: list[Expected]
    history: list[Told]


def explain(
    fold: Fold, pool: str, order_id: str, number: int, published: Iterable[bytes] = ()
) -> Explanation:
    """Explains line `number` of an order. `published`: events (JSON) among which its history is.

    `fold` has nothing uncommitted, and is as before afterwards. Raises `Unknown`.
    """
    known = pool_of(fold, pool)
    if known.line(order_id, number) is None:
        raise Unknown(_not_there(known, order_id, number))
    would_fill = receipts_that_fill(fold, pool, order_id, number)
    would_fill_kits = kit_receipts_that_fill(fold, pool, order_id, number)
    line = known.lines.rows[order_id, number]
    row = structs.replace(line_row(pool, line), position=known.wanted(line).position(line))
    stock = [
        stock_row(pool, known.sku(sku).rows[location])
        for sku, _ in line.takes
        for location in known.wanted(line).usable(line.location)
        if location in known.sku(sku).rows
    ]
    ahead, expected = ahead_of(known, line), expected_for(known, line)
    history = history_of(published, pool, order_id, number)
    order = known.orders.rows[order_id,]
    case = Case(known, order, line, row, ahead, stock, would_fill, would_fill_kits, expected, history)
    return Explanation(
        pool,
        order_id,
        number,
        at_or_none(fold.clock or None),
        [*answer(case)],
        row,
        ahead,
        stock,
        would_fill,
        would_fill_kits,
        expected,
        history,
    )


def _not_there(pool: Pool, order_id: str, number: int) -> str:
    order = pool.orders.get((order_id,))
    if order is None:
        return f"order {order_id} is not known in pool {pool.name}; it may come later or be forgotten"
    numbers = ", ".join(str(each) for each in order.lines)
    return f"order {order_id} has no line {number}; it has {numbers}"
