"""Suppose that something happened: what would follow, by the fold itself, undone at the end."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from backorder.domain.decisions import Emitted
from backorder.domain.events import JOURNAL_VERSION, Continued, Entry, Event, GoodsReceived, ReceivedLine
from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.domain.times import at

SUPPOSED = "supposed"
"""The id of what is only supposed, and its receipt's."""
_SOURCE = "/backorder/supposed"


class Unknown(Exception):
    """What is asked about is not there; the message says what."""


def pool_of(fold: Fold, name: str) -> Pool:
    """The pool of this name. Raises `Unknown`."""
    found = fold.pools.get(name)
    if found is None:
        raise Unknown(f"there is no pool {name}")
    return found


@contextmanager
def supposing(fold: Fold, pool: str, skus: Iterable[str], event: Event) -> Iterator[list[Emitted]]:
    """The decisions that follow if this event about SKUs happens now, the further steps of a big one
    included. Inside of the block the fold is as it would be then.

    `fold` has nothing uncommitted: at the end it is taken back to its last commit.
    """
    moment = at(_now(fold, pool_of(fold, pool), skus))
    try:
        yield _follow(fold, Entry(JOURNAL_VERSION, pool, SUPPOSED, _SOURCE, moment, event))
    finally:
        fold.rollback()


def _now(fold: Fold, pool: Pool, skus: Iterable[str]) -> int:
    """A moment that is later than all that is known: no count speaks for it."""
    head = pool.heads.get(())
    rows = [row for sku in skus for row in pool.sku(sku).rows.values()]
    counted = [row.counted_as_of + 1 for row in rows if row.counted_as_of is not None]
    return max(fold.clock, 0 if head is None else head.last_event, *counted, 0)


def receipt(pool: Pool, sku: str, location: str, quantity: int, purchase: str | None = None) -> GoodsReceived:
    """Goods of a SKU arrive, under an id that the pool does not know."""
    return receipt_of_several(pool, location, {sku: quantity}, purchase)


def receipt_of_several(
    pool: Pool, location: str, units: Mapping[str, int], purchase: str | None = None
) -> GoodsReceived:
    """The same of several SKUs at once."""
    receipt_id, number = SUPPOSED, 0
    while pool.receipts.get((receipt_id,)) is not None:
        number += 1
        receipt_id = f"{SUPPOSED}-{number}"
    lines = [ReceivedLine(sku, location, quantity) for sku, quantity in units.items()]
    return GoodsReceived(receipt_id, lines, purchase)


def finish_big_steps(fold: Fold, pool: str) -> list[str]:
    """Finishes, in this fold, the big steps that are under way in a pool; the SKUs that had one.

    In the middle of a big step free units belong to the queue though nobody has them yet. What is left of a
    request to release is not known to the state, and not done.
    """
    unsettled = [item.sku for item in pool_of(fold, pool).items.rows.values() if item.unsettled]
    for sku in unsettled:
        moment = at(_now(fold, pool_of(fold, pool), [sku]))
        _follow(fold, Entry(JOURNAL_VERSION, pool, SUPPOSED, _SOURCE, moment, Continued(sku)))
    fold.commit()
    return unsettled


def _follow(fold: Fold, first: Entry) -> list[Emitted]:
    """Folds an entry and the further steps that it asks for."""
    emitted: list[Emitted] = []
    entries = [first]
    for entry in entries:  # grows
        outcome = fold.apply(entry)
        emitted += outcome.emitted
        entries += outcome.continued
    return emitted
