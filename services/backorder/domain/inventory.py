"""Counts, adjustments, condition changes, returns and policies: topic `inventory`."""

from typing import Any

from msgspec import UNSET

from backorder.domain import movements
from backorder.domain.events import (
    ItemConfigured,
    ReleaseRequested,
    StockAdjusted,
    StockConditionChanged,
    StockCounted,
    StockReturned,
)
from backorder.domain.goods import is_counted, move, set_unavailable
from backorder.domain.kept import BY_HAND
from backorder.domain.records import Item
from backorder.domain.replenishment import configure_reorder
from backorder.domain.requesting import release_kept
from backorder.domain.sku import FAIR_SHARE
from backorder.domain.step import Rejected, Step
from backorder.domain.times import at, micros

UNAVAILABLE = "unavailable"


def count_stock(step: Step, event: StockCounted) -> None:
    """On hand becomes what was counted, with the movements after `as_of` applied on top."""
    pool = step.pool
    as_of = min(micros(event.as_of), step.time)
    row = pool.stock.get((event.sku, event.location))
    if row is not None and row.counted_as_of is not None and as_of < row.counted_as_of:
        raise Rejected("stale_count", f"the count of {at(row.counted_as_of).isoformat()} is newer")
    if movements.is_forgotten(pool, event.sku, event.location, as_of):
        raise Rejected("stale_count", "movements since as_of are known for seven days only")
    row = pool.row(event.sku, event.location)
    on_hand = event.quantity + movements.after(pool, event.sku, event.location, as_of)
    row.corrected += on_hand - row.on_hand
    row.on_hand = on_hand
    row.counted_as_of = as_of
    set_unavailable(row, row.unavailable)
    step.touch(event.sku)


def adjust_stock(step: Step, event: StockAdjusted) -> None:
    unavailable = event.condition == UNAVAILABLE
    row = step.pool.stock.get((event.sku, event.location))
    if event.quantity < 0 and not is_counted(step, event.sku, event.location):
        there = 0 if row is None else row.unavailable if unavailable else row.sellable
        _require(there, -event.quantity, event.condition, event.location)
    row = move(step, event.sku, event.location, event.quantity)
    row.adjusted += event.quantity
    if unavailable:
        set_unavailable(row, row.unavailable + event.quantity)
    else:
        set_unavailable(row, row.unavailable)


def change_condition(step: Step, event: StockConditionChanged) -> None:
    row = step.pool.stock.get((event.sku, event.location))
    to_unavailable = event.to_condition == UNAVAILABLE
    there = 0 if row is None else row.sellable if to_unavailable else row.unavailable
    _require(there, event.quantity, event.from_condition, event.location)
    row = step.pool.row(event.sku, event.location)
    set_unavailable(row, row.unavailable + (event.quantity if to_unavailable else -event.quantity))
    step.touch(event.sku)


def _require(there: int, asked: int, condition: str, location: str) -> None:
    if there < asked:
        raise Rejected("not_on_hand", f"{asked} {condition} units asked, {max(0, there)} are at {location}")


def take_return(step: Step, event: StockReturned) -> None:
    row = move(step, event.sku, event.location, event.quantity)
    row.returned += event.quantity
    if event.condition == UNAVAILABLE:
        set_unavailable(row, row.unavailable + event.quantity)


def configure_item(step: Step, event: ItemConfigured) -> None:
    """Fields left out keep their value; null returns to the default."""
    item = step.pool.edit_item(event.sku)
    default, horizon_days, release = Item(event.sku), item.horizon_days, item.release
    location = None if event.location is UNSET else event.location
    configure_reorder(item, location, event)
    if location is not None:
        _configure_location(item, location, event.safety_stock)
    else:
        for name in (
            "backorderable",
            "backorder_cap",
            "safety_stock",
            "discontinued",
            "allow_partial",
            "min_release",
            "strict_order",
            "horizon_days",
            "release",
            "allocation",
            "sourcing",
            "complete_patience_days",
            "payment_grace_days",
            "ship_lead_days",
        ):
            value: Any = getattr(event, name)
            if value is not UNSET:
                setattr(item, name, getattr(default, name) if value is None else value)
        if item.allocation != FAIR_SHARE:
            item.sharing = None
        if item.horizon_days != horizon_days:
            item.horizon_moved = True
    step.pool.policies_changed(event.sku)
    step.touch(event.sku)
    if release == BY_HAND != item.release:
        release_kept(step, ReleaseRequested(event.sku))


def _configure_location(item: Item, location: str, safety_stock: Any) -> None:
    if safety_stock is None:
        item.safety_stock_at.pop(location, None)
    elif safety_stock is not UNSET:
        item.safety_stock_at[location] = safety_stock
