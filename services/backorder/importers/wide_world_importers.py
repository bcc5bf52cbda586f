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
from datetime import date, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

from backorder.contract.envelope import DEFAULT_POOL
from backorder.importers.csv_folder import Columns, DataError, moment, number_or_none, rows
from backorder.trade.event import Desk, TradeEvent

LOCATION = "main"
"""The data know one warehouse."""

# Moves are stamped (receipts 07:00, picks 11:00, issues 12:00, stocktakes 14:00), orders and purchases have a
# date only. The orders that nobody has touched since carry 10:00 as the time of their last edit, the
# purchases 13:00: those are the hours at which they were written.
ORDERED_AT = timedelta(hours=10)
PURCHASED_AT = timedelta(hours=13)
EXPECTED_AT = timedelta(hours=7)

ISSUE, RECEIPT, STOCKTAKE = 10, 11, 12

Lines = list[tuple[int, int]]
"""`OrderLineID` and quantity."""


@dataclass
class _Chain:
    """An order and the orders that carry on with what was missing of it."""

    date: datetime
    expected: datetime
    lines: list[tuple[int, int, int]] = field(default_factory=list)
    """`OrderLineID`, `StockItemID`, quantity."""


@dataclass
class _Data:
    """What is kept of the files."""

    chains: dict[int, _Chain]
    picks: dict[tuple[datetime, int], Lines]
    """By time and order."""
    shipments: dict[tuple[datetime, int, int], Lines]
    """By time, order and `InvoiceID`."""
    corrections: list[tuple[datetime, int, int, str]]
    """Time, `StockItemID`, signed quantity, reason."""
    receipts: dict[tuple[datetime, int], list[tuple[int, int]]]
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
    return {line for (line,) in rows(folder, "derived_backordered_lines", {"OrderLineID": int})}


# --- reading ------------------------------------------------------------------------------------------------


def _read(folder: Path) -> _Data:
    chains, customers, parents = _read_orders(folder)
    data = _Data(chains, defaultdict(list), defaultdict(list), [], defaultdict(list), {})
    picked = _read_lines(folder, data, customers, parents)
    _read_moves(folder, data, picked)
    return data


def _read_orders(folder: Path) -> tuple[dict[int, _Chain], dict[int, int], dict[int, int]]:
    """The first orders of all chains, every order's customer, and which order a later one carries on with."""
    columns: Columns = {
        "OrderID": int,
        "CustomerID": int,
        "BackorderOrderID": number_or_none,
        "OrderDate": moment,
        "ExpectedDeliveryDate": moment,
    }
    chains, customers, parents = {}, {}, {}
    for order, customer, later, placed, expected in rows(folder, "orders", columns):
        chains[order] = _Chain(placed, expected)
        customers[order] = customer
        if later is not None:
            parents[later] = order
    for order in parents:
        chains.pop(order, None)
    return chains, customers, parents


_Issue = tuple[int, int, int, date]
"""Customer, item, quantity and date: together they name one picked order line."""


def _read_lines(
    folder: Path, data: _Data, customers: dict[int, int], parents: dict[int, int]
) -> dict[_Issue, Lines]:
    """Fills in order lines and picks; returns where a stock issue belongs: order and line."""
    columns: Columns = {
        "OrderLineID": int,
        "OrderID": int,
        "StockItemID": int,
        "Quantity": int,
        "PickedQuantity": int,
        "PickingCompletedWhen": _moment_or_none,
    }
    issues: dict[_Issue, Lines] = defaultdict(list)
    for line, order, item, quantity, picked, when in rows(folder, "order_lines", columns):
        first = order
        while first in parents:
            first = parents[first]
        if first not in data.chains:
            raise DataError(
                f"{folder}: line {line} belongs to order {order}, which orders.csv.gz does not have"
            )
        data.chains[first].lines.append((line, item, quantity))
        if picked and when is not None:
            data.picks[when, first].append((line, picked))
            issues[customers[order], item, picked, when.date()].append((first, line))
    return issues


def _moment_or_none(text: str) -> datetime | None:
    return moment(text) if text else None


def _read_moves(folder: Path, data: _Data, issues: dict[_Issue, Lines]) -> None:
    """Fills in what moved, and what must have been there before."""
    columns: Columns = {
        "StockItemID": int,
        "TransactionTypeID": int,
        "CustomerID": number_or_none,
        "InvoiceID": number_or_none,
        "PurchaseOrderID": number_or_none,
        "TransactionOccurredWhen": moment,
        "Quantity": int,
    }
    moved: dict[int, int] = defaultdict(int)
    table = rows(folder, "stock_item_transactions", columns)
    for item, kind, customer, invoice, purchase, when, quantity in table:
        moved[item] += quantity
        if kind == RECEIPT:
            data.receipts[when, purchase].append((item, quantity))
        elif kind == STOCKTAKE and quantity:  # some found that all was well
            data.corrections.append((when, item, quantity, "stocktake"))
        elif kind == ISSUE:
            lines = issues.get((customer, item, -quantity, when.date()))
            if lines:
                order, line = lines.pop(0)
                data.shipments[when, order, invoice].append((line, -quantity))
            else:  # the goods did leave, whoever they were for
                data.corrections.append((when, item, quantity, "issue_without_order"))
    for item, on_hand in rows(folder, "stock_item_holdings", {"StockItemID": int, "QuantityOnHand": int}):
        data.opening[item] = max(0, on_hand - moved[item])


# --- telling ------------------------------------------------------------------------------------------------


def _opening(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("opening", pool)
    times = [chain.date for chain in data.chains.values()] + [when for when, _ in data.receipts]
    if not times:
        return
    time = min(times).replace(hour=0, minute=0, second=0)
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
    lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
    per_outer = dict(rows(folder, "stock_items", {"StockItemID": int, "QuantityPerOuter": int}))
    columns: Columns = {
        "PurchaseOrderLineID": int,
        "PurchaseOrderID": int,
        "StockItemID": int,
        "OrderedOuters": int,
    }
    for line, purchase, item, outers in rows(folder, "purchase_order_lines", columns):
        units = outers * per_outer[item]
        lines[purchase].append({"line": line, "sku": _sku(item), "location": LOCATION, "quantity": units})
    columns = {
        "OrderDate": moment,
        "PurchaseOrderID": int,
        "SupplierID": int,
        "ExpectedDeliveryDate": moment,
    }
    for placed, purchase, supplier, expected in sorted(rows(folder, "purchase_orders", columns)):
        ordered = [line | {"expected_at": expected + EXPECTED_AT} for line in lines[purchase]]
        if ordered:
            data = {
                "purchase_order_id": _purchase(purchase),
                "supplier": f"supplier-{supplier}",
                "lines": ordered,
            }
            yield desk.write("purchase.placed", placed + PURCHASED_AT, _purchase(purchase), data)


def _receipts(folder: Path, data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("goods-in", pool)
    ordered = _purchase_lines(folder)
    for (when, purchase), received in sorted(data.receipts.items()):
        lines: list[dict[str, Any]] = []
        for item, quantity in received:
            line: dict[str, Any] = {"sku": _sku(item), "location": LOCATION, "quantity": quantity}
            if (purchase, item) in ordered:
                number, closed_on = ordered[purchase, item]
                line |= {"line": number, "final": closed_on == when.date()}
            lines.append(line)
        receipt = {
            "receipt_id": f"receipt-{purchase}-{when.date()}",
            "purchase_order_id": _purchase(purchase),
            "lines": lines,
        }
        yield desk.write("goods.received", when, _purchase(purchase), receipt)


def _purchase_lines(folder: Path) -> dict[tuple[int, int], tuple[int, date | None]]:
    """By purchase and item: the line's number, and the date of the receipt that closed it."""
    columns: Columns = {
        "PurchaseOrderLineID": int,
        "PurchaseOrderID": int,
        "StockItemID": int,
        "LastReceiptDate": _moment_or_none,
        "IsOrderLineFinalized": int,
    }
    return {
        (purchase, item): (line, last.date() if closed and last else None)
        for line, purchase, item, last, closed in rows(folder, "purchase_order_lines", columns)
    }


def _orders(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("orders", pool)
    for order, chain in sorted(data.chains.items(), key=lambda placed: (placed[1].date, placed[0])):
        lines = [{"line": line, "sku": _sku(item), "quantity": units} for line, item, units in chain.lines]
        if lines:
            placed = {"order_id": _order(order), "required_by": chain.expected, "lines": lines}
            yield desk.write("order.placed", chain.date + ORDERED_AT, _order(order), placed)


def _picks(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("picking", pool)
    for (when, order), lines in sorted(data.picks.items()):
        picked = {"order_id": _order(order), "lines": _units(lines)}
        yield desk.write("order.picked", when, _order(order), picked)


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
        yield desk.write("order.shipped", when, _order(order), shipped)


def _corrections(data: _Data, pool: str) -> Iterator[TradeEvent]:
    desk = Desk("stock", pool)
    for when, item, quantity, reason in sorted(data.corrections):
        correction = {"sku": _sku(item), "location": LOCATION, "quantity": quantity, "reason": reason}
        yield desk.write("stock.adjusted", when, _sku(item), correction)


def _units(lines: Lines) -> list[dict[str, Any]]:
    return [{"line": line, "quantity": units, "location": LOCATION} for line, units in lines]


def _sku(item: int) -> str:
    return f"item-{item}"


def _order(order: int) -> str:
    return f"order-{order}"


def _purchase(purchase: int) -> str:
    return f"purchase-{purchase}"
