"""Counts that are net of open orders, as shop platforms keep them: what they say of on hand.

Available is what is on hand less what is set aside: units of open orders, held units, unavailable ones. So
on hand is what a net count says and what was set aside as of then, with the movements since on top. An event
that comes after such a count and belongs before it moves what is set aside, and on hand with it: the count
had it already. The units of a line count at its location; without one, at the first of the item's sources.
"""

from backorder.domain import movements
from backorder.domain.pool import Pool
from backorder.domain.records import Stock
from backorder.domain.step import Step

SetAsideKey = tuple[str, str | None]
"""SKU and location; null for the lines that name none."""


def was_set_aside(pool: Pool, sku: str, location: str, as_of: int) -> int:
    """Units that were set aside at a location as of a moment, by the times of the events."""
    units = 0
    for key in _keys_at(pool, sku, location):
        head = pool.set_aside.heads.get(key)
        if head is not None:
            units += head.total - movements.after(pool.set_aside, *key, as_of)
    return units


def is_forgotten(pool: Pool, sku: str, location: str, as_of: int) -> bool:
    """Whether it is not known any more what was set aside as of then."""
    keys = _keys_at(pool, sku, location)
    return any(movements.is_forgotten(pool.set_aside, *key, as_of) for key in keys)


def _keys_at(pool: Pool, sku: str, location: str) -> list[SetAsideKey]:
    known = pool.sku(sku)
    keys: list[SetAsideKey] = [(sku, location)]
    # A location that is not known yet takes its place in name order.
    first = min([location, *known.sources]) if known.item.sourcing is None else known.sources[0]
    if location == first:
        keys.append((sku, None))
    return keys


def is_late(step: Step, sku: str, location: str | None) -> bool:
    """Whether the event belongs before a net count that has come already, there or at the first source."""
    return step.time <= step.head.netted_until and _late_row(step, sku, location) is not None


def _late_row(step: Step, sku: str, location: str | None) -> Stock | None:
    known = step.pool.sku(sku)
    if location is None:
        location = known.sources[0] if known.sources else None
    row = None if location is None else known.rows.get(location)
    if row is None or not row.counted_net or row.counted_as_of is None or step.time > row.counted_as_of:
        return None
    return row


def expect(step: Step, sku: str, location: str | None, units: int) -> bool:
    """Moves on hand for units that the event is about to set aside, before it looks for them; so for those
    that then are not, on hand goes back. Says whether there was anything to do."""
    if not is_late(step, sku, location):
        return False
    _correct(step, {(sku, location): units})
    return True


def correct(step: Step) -> None:
    """Moves on hand by as much as the event has moved what is set aside, where a net count knew it."""
    if step.time <= step.head.netted_until:
        changes = dict.fromkeys(step.corrected, 0) | step.pool.set_aside_changes()
        _correct(step, {key: units - step.corrected.get(key, 0) for key, units in changes.items()})


def _correct(step: Step, changes: dict[SetAsideKey, int]) -> None:
    rows: dict[SetAsideKey, int] = {}
    for (sku, location), units in changes.items():
        leave(step, (sku, location), units)
        row = _late_row(step, sku, location)
        if row is not None:
            rows[sku, row.location] = rows.get((sku, row.location), 0) + units
    for key, units in rows.items():
        if units:
            _correct_row(step, step.pool.row(*key), units)


def _correct_row(step: Step, row: Stock, units: int) -> None:
    row.on_hand += units
    row.corrected += units
    step.touch(row.sku)
    unavailable = max(0, min(row.unavailable, row.on_hand))
    if unavailable != row.unavailable:
        # What is no longer there cannot be unavailable; that is no news for the count.
        leave(step, (row.sku, row.location), unavailable - row.unavailable)
        row.unavailable = unavailable
    if row.on_hand < 0 and units < 0:
        assert row.location is not None
        figures = {"on_hand": row.on_hand, "correction": units}
        step.discrepancy(row.sku, row.location, "negative_on_hand", -row.on_hand, figures)


def leave(step: Step, key: SetAsideKey, units: int) -> None:
    """What is set aside moves by so many units, and on hand does not follow."""
    step.corrected[key] = step.corrected.get(key, 0) + units


def remember(step: Step) -> None:
    """Notes in the history what the event has set aside, or freed."""
    for (sku, location), units in step.pool.set_aside_changes().items():
        if units:
            movements.remember(step.pool.set_aside, sku, location, step.time, units)
