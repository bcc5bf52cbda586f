"""Counts, adjustments, condition changes, returns and policies: topic `inventory`."""

from typing import Any

from msgspec import UNSET

from backorder.domain import movements, net_counts
from backorder.domain.events import (
    ItemConfigured,
    KitPart,
    ReleaseRequested,
    StockAdjusted,
    StockConditionChanged,
    StockCounted,
    StockReturned,
)
from backorder.domain.goods import is_counted, may_go_below, move, set_unavailable
from backorder.domain.kept import BY_HAND
from backorder.domain.kits import Kit
from backorder.domain.parts import Part
from backorder.domain.records import Item, Stock
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
    net = event.basis == "available"
    key = (event.sku, event.location)
    row = pool.stock.get(key)
    if row is not None and row.counted_as_of is not None and as_of < row.counted_as_of:
        raise Rejected("stale_count", f"the count of {at(row.counted_as_of).isoformat()} is newer")
    if movements.is_forgotten(pool.moved, *key, as_of) or (
        net and net_counts.is_forgotten(pool, *key, as_of)
    ):
        raise Rejected("stale_count", "movements since as_of are known for seven days only")
    on_hand = event.quantity + movements.after(pool.moved, *key, as_of)
    if net:
        on_hand += net_counts.was_set_aside(pool, *key, as_of)
        step.head.netted_until = max(step.head.netted_until, as_of)
    row = pool.row(*key)
    _set_on_hand(step, row, on_hand)
    row.counted_as_of, row.counted_net = as_of, net
    step.touch(event.sku)


def _set_on_hand(step: Step, row: Stock, on_hand: int) -> None:
    row.corrected += on_hand - row.on_hand
    row.on_hand = on_hand
    unavailable = row.unavailable
    set_unavailable(row, unavailable)
    net_counts.leave(step, (row.sku, row.location), row.unavailable - unavailable)
    if on_hand < 0:
        assert row.location is not None
        step.discrepancy(row.sku, row.location, "negative_on_hand", -on_hand, {"on_hand": on_hand})


def adjust_stock(step: Step, event: StockAdjusted) -> None:
    unavailable = event.condition == UNAVAILABLE
    row = step.pool.stock.get((event.sku, event.location))
    if event.quantity < 0 and not is_counted(step, event.sku, event.location):
        there = 0 if row is None else row.unavailable if unavailable else row.sellable
        _require(step, event, there, -event.quantity, event.condition)
    row = move(step, event.sku, event.location, event.quantity, unavailable)
    row.adjusted += event.quantity
    if unavailable:
        set_unavailable(row, row.unavailable + event.quantity)
    else:
        set_unavailable(row, row.unavailable)


def change_condition(step: Step, event: StockConditionChanged) -> None:
    row = step.pool.stock.get((event.sku, event.location))
    to_unavailable = event.to_condition == UNAVAILABLE
    units = event.quantity if to_unavailable else -event.quantity
    if not net_counts.is_late(step, event.sku, event.location):
        there = 0 if row is None else row.sellable if to_unavailable else row.unavailable
        _require(step, event, there, event.quantity, event.from_condition)
    elif to_unavailable:
        net_counts.expect(step, event.sku, event.location, units)
    row = step.pool.row(event.sku, event.location)
    set_unavailable(row, row.unavailable + units)
    step.touch(event.sku)


def _require(
    step: Step, event: StockAdjusted | StockConditionChanged, there: int, asked: int, condition: str
) -> None:
    if there < asked and not may_go_below(step, event.sku):
        raise Rejected(
            "not_on_hand", f"{asked} {condition} units asked, {max(0, there)} are at {event.location}"
        )


def take_return(step: Step, event: StockReturned) -> None:
    unavailable = event.condition == UNAVAILABLE
    row = move(step, event.sku, event.location, event.quantity, unavailable)
    row.returned += event.quantity
    if unavailable:
        set_unavailable(row, row.unavailable + event.quantity)


def configure_item(step: Step, event: ItemConfigured) -> None:
    """Fields left out keep their value; null returns to the default."""
    item = step.pool.edit_item(event.sku)
    default, horizon_days, release = Item(event.sku), item.horizon_days, item.release
    location = None if event.location is UNSET else event.location
    configure_reorder(item, location, event)
    _configure_lead_time(item, location, event)
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
            "negative_on_hand",
        ):
            value: Any = getattr(event, name)
            if value is not UNSET:
                setattr(item, name, getattr(default, name) if value is None else value)
        if event.components is not UNSET:
            item.components = _parts(event.components)
        if item.allocation != FAIR_SHARE:
            item.sharing = None
        if item.horizon_days != horizon_days:
            item.horizon_moved = True
    if event.lead_time_days is not UNSET or event.discontinued is not UNSET:
        # Also those whom no supply reaches are promised something else now.
        step.replan_all[event.sku] = None
    step.replan(event.sku, "queue_changed")
    for part in item.components:
        step.replan(part.sku, "queue_changed")
    for kit in step.pool.kits.of(event.sku):
        if kit.queue.someone_waits:
            _replan_kit(step, kit, every=event.sku in step.replan_all)
    step.pool.policies_changed(event.sku)
    if item.components:
        step.pool.kit(event.sku, item.components)  # they know of it from here on
    step.touch(event.sku)
    if release == BY_HAND != item.release:
        release_kept(step, ReleaseRequested(event.sku))


def _replan_kit(step: Step, kit: Kit, every: bool) -> None:
    """With `every`, all of its lines, which are looked at with any of its components."""
    if every:
        step.replan_all[kit.parts[0].sku] = None
    for part in kit.parts:
        step.replan(part.sku, "queue_changed")


def _parts(components: list[KitPart] | None) -> tuple[Part, ...]:
    """In one order, however they were named: lines with the same parts are for the same kit."""
    return tuple(sorted(Part(part.sku, part.quantity) for part in components or ()))


def _configure_lead_time(item: Item, location: str | None, event: ItemConfigured) -> None:
    days = event.lead_time_days
    if days is UNSET:
        return
    if location is None:
        item.lead_time_days = days
    elif days is None:
        item.lead_time_at.pop(location, None)
    else:
        item.lead_time_at[location] = days


def _configure_location(item: Item, location: str, safety_stock: Any) -> None:
    if safety_stock is None:
        item.safety_stock_at.pop(location, None)
    elif safety_stock is not UNSET:
        item.safety_stock_at[location] = safety_stock
