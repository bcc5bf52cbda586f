"""Imports Wide World Importers: orders, picks, shipments, purchases and receipts as a wholesaler saw them.

In the data an order that cannot be picked whole is split: what is missing goes to a new order, and the old
one points to it (`BackorderOrderID`). Here such a chain is one order again, as the customer placed it; who
waits for what is the processor's to decide.

Order lines keep their `OrderLineID` as line number, so that each can be found in the data again.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from backorder.contract.envelope import DEFAULT_POOL
from backorder.importers.csv_folder import DataError, rows
from backorder.trade.event import Desk, TradeEvent

LOCATION = "main"
"""The data know one warehouse."""

# Moves are stamped (receipts 07:00, picks 11:00, issues 12:00, stocktakes 14:00), orders and purchases have a
# date only. The orders that nobody has touched since carry 10:00 as the time of their last edit, the
# purchases 13:00: those are the hours at which they were written.
ORDERED_AT = timedelta(hours=10)
PURCHASED_AT = timedelta(hours=13)
EXPECTED_AT = timedelta(hours=7)

ISSUE, RECEIPT, STOCKTAKE = "10", "11", "12"

Lines = list[tuple[int, int]]
"""`OrderLineID` and quantity."""


@dataclass
class _Chain:
    """An order and the orders that carry on with what was missing of it."""

    date: str
    expected: str
    lines: list[tuple[int, int, int]] = field(default_factory=list)
    """`OrderLineID`, `StockItemID`, quantity."""


@dataclass
class _Data:
    """What is kept of the files."""

    chains: dict[int, _Chain]
    picks: dict[tuple[str, int], Lines]
    """By time and order."""
    shipments: dict[tuple[str, int, int], Lines]
    """By time, order and `InvoiceID`."""
    corrections: list[tuple[str, int, int, str]]
    """Time, `StockItemID`, signed quantity, reason."""
    receipts: dict[tuple[str, int], list[tuple[int, int]]]
    """By time and purchase: `StockItemID`, quantity."""
    opening: dict[int, int]
    """Units of each `StockItemID` before the first move."""


class WideWorldImporters:
    """The history in a folder with the data. Raises `DataError`; reads the folder when it is made."""

    def __init__(self, folder: Path, pool: str = DEFAULT_POOL) -> None:
        self._folder = folder
        self._pool = pool
        self._data = _read(folder)

    def events(self) -> Iterator[TradeEvent]:
        """All events in the order of their time."""
        data, pool = self._data, self._pool
        parts: list[Iterable[TradeEvent]] = [
            _opening(data, pool),
            _purchases(self._folder, pool),
            _receipts(self._folder, data, pool),
            _orders(data, pool),
            _picks(data, pool),
            _shipments(data, pool),
            _corrections(data, pool),
        ]
        return heapq.merge(*parts, key=attrgetter("time"))

    def last_time(self) -> datetime | None:
        """The time of the last event; None when there is none."""
        return max((event.time for event in self.events()), default=None)


def backordered_lines(folder: Path) -> set[int]:
    """The `OrderLineID`s that the data call backordered: picked after the order's date, or never."""
    return {int(line) for (line,) in rows(folder, "derived_backordered_lines", ["OrderLineID"])}


# --- reading ------------------------------------------------------------------------------------------------


def _read(folder: Path) -> _Data:
    chains, customers, parents = _read_orders(folder)
    data = _Data(chains, defaultdict(list), defaultdict(list), [], defaultdict(list), {})
    picked = _read_lines(folder, data, customers, parents)
    _read_moves(folder, data, picked)
    return data


def _read_orders(folder: Path) -> tuple[dict[int, _Chain], dict[int, str], dict[int, int]]:
    """The first orders of all chains, every order's customer, and which order a later one carries on with."""
    columns = ("OrderID", "CustomerID", "BackorderOrderID", "OrderDate", "ExpectedDeliveryDate")
    chains, customers, parents = {}, {}, {}
    for order, customer, later, date, expected in rows(folder, "orders", columns):
        chains[int(order)] = _Chain(date, expected)
        customers[int(order)] = customer
        if later:
            parents[int(later)] = int(order)
    for order_id in parents:
        chains.pop(order_id, None)
    return chains, customers, parents


_Issue = tuple[str, int, int, str]
"""Customer, item, quantity and date: together they name one picked order line."""


def _read_lines(
    folder: Path, data: _Data, customers: dict[int, str], parents: dict[int, int]
) -> dict[_Issue, Lines]:
    """Fills in order lines and picks; returns where a stock issue belongs: order and line."""
    columns = ("OrderLineID", "OrderID", "StockItemID", "Quantity", "PickedQuantity", "PickingCompletedWhen")
    picked: dict[_Issue, Lines] = defaultdict(list)
    for line_text, order_text, item_text, units, picked_units, when in rows(folder, "order_lines", columns):
        line, order, item, quantity = int(line_text), int(order_text), int(item_text), int(units)
        first = order
        while first in parents:
            first = parents[first]
        if first not in data.chains:
            raise DataError(
                f"{folder}: line {line} belongs to order {order}, which orders.csv.gz does not have"
            )
        data.chains[first].lines.append((line, item, quantity))
        if int(picked_units):
            data.picks[when, first].append((line, int(picked_units)))
            picked[customers[order], item, int(picked_units), when[:10]].append((first, line))
    return picked


def _read_moves(folder: Path, data: _Data, picked: dict[_Issue, Lines]) -> None:
    """Fills in what moved, and what must have been there before."""
    columns = (
        "StockItemID",
        "TransactionTypeID",
        "CustomerID",
        "InvoiceID",
        "PurchaseOrderID",
        "TransactionOccurredWhen",
        "Quantity",
    )
    moved: dict[int, int] = defaultdict(int)
    for item_text, kind, customer, invoice, purchase, when, units in rows(
        folder, "stock_item_transactions", columns
    ):
        item, quantity = int(item_text), int(units)
        moved[item] += quantity
        if kind == RECEIPT:
            data.receipts[when, int(purchase)].append((item, quantity))
        elif kind == STOCKTAKE and quantity:  # some found that all was well
            data.corrections.append((when, item, quantity, "stocktake"))
        elif kind == ISSUE:
            lines = picked.get((customer, item, -quantity, when[:10]))
            if lines:
                order, line = lines.pop(0)
                data.shipments[when, order, int(invoice)].append((line, -quantity))
            else:  # the goods did leave, whoever they were for
                data.corrections.append((when, item, quantity, "issue_without_order"))
    for item_text, units in rows(folder, "stock_item_holdings", ("StockItemID", "QuantityOnHand")):
        data.opening[int(item_text)] = max(0, int(units) - moved[int(item_text)])


# --- telling ------------------------------------------------------------------------------------------------


def _opening(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("opening", pool)
    dates = [chain.date for chain in data.chains.values()] + [when for when, _ in data.receipts]
    if not dates:
        return
    time = _time(min(dates)[:10])
    for item, units in sorted(data.opening.items()):
        count = {
            "sku": _sku(item),
            "location": LOCATION,
            "quantity": units,
            "basis": "on_hand",
            "as_of": time,
        }
        yield desk.write("stock.counted", time, _sku(item), count)


def _purchases(folder: Path, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("purchasing", pool)
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    outers = _units_per_outer(folder)
    columns = ("PurchaseOrderLineID", "PurchaseOrderID", "StockItemID", "OrderedOuters")
    for line, purchase, item, ordered in rows(folder, "purchase_order_lines", columns):
        lines[purchase].append(
            {
                "line": int(line),
                "sku": _sku(int(item)),
                "location": LOCATION,
                "quantity": int(ordered) * outers[item],
            }
        )
    columns = ("PurchaseOrderID", "SupplierID", "OrderDate", "ExpectedDeliveryDate")
    placed = sorted(rows(folder, "purchase_orders", columns), key=lambda row: (row[2], int(row[0])))
    for purchase, supplier, date, expected in placed:
        expected_at = _time(expected) + EXPECTED_AT
        ordered_lines = [line | {"expected_at": expected_at} for line in lines[purchase]]
        if ordered_lines:
            data = {
                "purchase_order_id": _purchase(purchase),
                "supplier": f"supplier-{supplier}",
                "lines": ordered_lines,
            }
            yield desk.write("purchase.placed", _time(date) + PURCHASED_AT, _purchase(purchase), data)


def _units_per_outer(folder: Path) -> dict[str, int]:
    columns = ("StockItemID", "QuantityPerOuter")
    return {item: int(units) for item, units in rows(folder, "stock_items", columns)}


def _receipts(folder: Path, data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("goods-in", pool)
    ordered = _purchase_lines(folder)
    for (when, purchase), received in sorted(data.receipts.items()):
        lines: list[dict[str, Any]] = []
        for item, quantity in received:
            line: dict[str, Any] = {"sku": _sku(item), "location": LOCATION, "quantity": quantity}
            if (purchase, item) in ordered:
                number, closed_on = ordered[purchase, item]
                line |= {"line": number, "final": closed_on == when[:10]}
            lines.append(line)
        receipt = {
            "receipt_id": f"receipt-{purchase}-{when[:10]}",
            "purchase_order_id": _purchase(purchase),
            "lines": lines,
        }
        yield desk.write("goods.received", _time(when), _purchase(purchase), receipt)


def _purchase_lines(folder: Path) -> dict[tuple[int, int], tuple[int, str | None]]:
    """By purchase and item: the line's number, and the date of the receipt that closed it."""
    columns = (
        "PurchaseOrderLineID",
        "PurchaseOrderID",
        "StockItemID",
        "LastReceiptDate",
        "IsOrderLineFinalized",
    )
    return {
        (int(purchase), int(item)): (int(line), last if closed == "1" else None)
        for line, purchase, item, last, closed in rows(folder, "purchase_order_lines", columns)
    }


def _orders(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("orders", pool)
    for order, chain in sorted(data.chains.items(), key=lambda chain: (chain[1].date, chain[0])):
        lines = [{"line": line, "sku": _sku(item), "quantity": units} for line, item, units in chain.lines]
        if lines:
            placed = {"order_id": _order(order), "required_by": _time(chain.expected), "lines": lines}
            yield desk.write("order.placed", _time(chain.date) + ORDERED_AT, _order(order), placed)


def _picks(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("picking", pool)
    for (when, order), lines in sorted(data.picks.items()):
        yield desk.write(
            "order.picked", _time(when), _order(order), {"order_id": _order(order), "lines": _units(lines)}
        )


def _shipments(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("shipping", pool)
    for (when, order, invoice), lines in sorted(data.shipments.items()):
        shipped = {
            "order_id": _order(order),
            "shipment_id": f"invoice-{invoice}-{order}",
            "lines": _units(lines),
            # It has left, whatever we think was there.
            "force": True,
        }
        yield desk.write("order.shipped", _time(when), _order(order), shipped)


def _corrections(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("stock", pool)
    for when, item, quantity, reason in sorted(data.corrections):
        correction = {"sku": _sku(item), "location": LOCATION, "quantity": quantity, "reason": reason}
        yield desk.write("stock.adjusted", _time(when), _sku(item), correction)


def _units(lines: Lines) -> list[dict[str, Any]]:
    return [{"line": line, "quantity": units, "location": LOCATION} for line, units in lines]


def _sku(item: int) -> str:
    return f"item-{item}"


def _order(order: int) -> str:
    return f"order-{order}"


def _purchase(purchase: int | str) -> str:
    return f"purchase-{purchase}"


def _time(text: str) -> datetime:
    """The data have no time zone; they are taken as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
