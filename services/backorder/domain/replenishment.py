"""What should be bought: a suggestion when the projected quantity falls to the reorder point.

`projected = on_hand - unavailable + on_order + in_transit - open demand`, for the SKU as a whole or for a
location that has a reorder point of its own. Said once per crossing, and again when the need has grown by an
order multiple.
"""

from typing import Any

from msgspec import UNSET

from backorder.domain.decisions import ReplenishmentSuggested
from backorder.domain.events import ItemConfigured
from backorder.domain.records import Item, Reorder, Stock
from backorder.domain.sku import Sku
from backorder.domain.step import Step


def configure_reorder(item: Item, location: str | None, event: ItemConfigured) -> None:
    """Takes over the reorder fields of the item (`location` null) or of one of its locations."""
    changes = {
        "point": event.reorder_point,
        "up_to": event.order_up_to,
        "multiple": event.order_multiple,
        "minimum": event.order_minimum,
    }
    given = {name: value for name, value in changes.items() if value is not UNSET}
    if not given:
        return
    kept = item.reorder if location is None else item.reorder_at.get(location)
    reorder = Reorder() if kept is None else kept
    for name, value in given.items():
        setattr(reorder, name, value)
    if location is None:
        item.reorder = reorder
    else:
        item.reorder_at[location] = reorder


def suggest_replenishment(step: Step, name: str) -> None:
    """Says what should be bought of a SKU by its present figures, where that has not been said yet.

    In the middle of a big step nobody knows yet where units that wait anywhere will be allocated.
    """
    sku = step.pool.sku(name)
    if sku.item.unsettled:
        return
    if sku.item.reorder is not None:
        rows = [*sku.rows.values()] if sku.common is None else [*sku.rows.values(), sku.common]
        _suggest(step, sku, None, sku.item.reorder, rows)
    for location in sorted(sku.item.reorder_at):
        row = sku.rows.get(location)
        _suggest(step, sku, location, sku.item.reorder_at[location], [] if row is None else [row])


def _suggest(step: Step, sku: Sku, location: str | None, reorder: Reorder, rows: list[Stock]) -> None:
    if reorder.point is None:
        _note(step, sku.item.sku, location, reorder, None)
        return
    projected = sum(
        row.on_hand - row.unavailable + row.on_order + row.in_transit - row.open_demand for row in rows
    )
    if projected > reorder.point:
        _note(step, sku.item.sku, location, reorder, None)
        return
    need = max(1, (reorder.point if reorder.up_to is None else reorder.up_to) - projected)
    multiple = _first_set(reorder.multiple, sku.item.reorder and sku.item.reorder.multiple)
    if reorder.suggested is not None and need - reorder.suggested < multiple:
        return
    least = max(need, _first_set(reorder.minimum, sku.item.reorder and sku.item.reorder.minimum))
    _note(step, sku.item.sku, location, reorder, need)
    step.emit(
        sku.item.sku,
        ReplenishmentSuggested(
            sku=sku.item.sku,
            location=location,
            quantity=-(-least // multiple) * multiple,
            projected=projected,
            reorder_point=reorder.point,
            waiting=sum(row.backordered for row in rows),
            rule="reorder_point",
        ),
    )


def _first_set(own: int | None, of_the_item: Any) -> int:
    """A location's own value, else the item's, else 1."""
    if own is not None:
        return own
    return 1 if of_the_item is None else int(of_the_item)


def _note(step: Step, sku: str, location: str | None, reorder: Reorder, need: int | None) -> None:
    """Remembers the need that was said; `edit_item` first, so that a rollback finds the old one."""
    if reorder.suggested != need:
        step.pool.edit_item(sku)
        reorder.suggested = need
