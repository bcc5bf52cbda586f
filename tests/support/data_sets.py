"""Tiny data sets in the shape of the real ones, written by hand."""

import csv
import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

WIDE_WORLD_IMPORTERS: Mapping[str, Sequence[str]] = {
    "orders": ("OrderID", "CustomerID", "BackorderOrderID", "OrderDate", "ExpectedDeliveryDate"),
    "order_lines": (
        "OrderLineID",
        "OrderID",
        "StockItemID",
        "Quantity",
        "PickedQuantity",
        "PickingCompletedWhen",
    ),
    "stock_item_transactions": (
        "StockItemTransactionID",
        "StockItemID",
        "TransactionTypeID",
        "CustomerID",
        "InvoiceID",
        "PurchaseOrderID",
        "TransactionOccurredWhen",
        "Quantity",
    ),
    "purchase_orders": ("PurchaseOrderID", "SupplierID", "OrderDate", "ExpectedDeliveryDate"),
    "purchase_order_lines": (
        "PurchaseOrderLineID",
        "PurchaseOrderID",
        "StockItemID",
        "OrderedOuters",
        "LastReceiptDate",
        "IsOrderLineFinalized",
    ),
    "stock_items": ("StockItemID", "StockItemName", "QuantityPerOuter"),
    "stock_item_holdings": ("StockItemID", "QuantityOnHand"),
    "derived_backordered_lines": ("OrderLineID", "OrderID"),
}
"""Table to columns."""

ONLINE_RETAIL = "online_retail_2010-12_2010-12"
ONLINE_RETAIL_COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


def write_table(folder: Path, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes `<table>.csv.gz`."""
    with gzip.open(folder / f"{table}.csv.gz", "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def write_wide_world_importers(folder: Path, **tables: Iterable[Sequence[Any]]) -> Path:
    """The whole data set; a table that is not given has no rows."""
    for table, columns in WIDE_WORLD_IMPORTERS.items():
        write_table(folder, table, columns, tables.get(table, ()))
    return folder


def small_wholesaler(folder: Path) -> Path:
    """Two items. Order 1 asks for both; only item 7 can be picked at once, so item 8 moves to order 3, which
    waits for the purchase that arrives on the third. Order 2 is picked on its day."""
    return write_wide_world_importers(
        folder,
        orders=[
            (1, 832, 3, "2013-01-01", "2013-01-02"),
            (2, 803, "", "2013-01-01", "2013-01-02"),
            (3, 832, "", "2013-01-01", "2013-01-02"),
        ],
        order_lines=[
            (11, 1, 7, 10, 10, "2013-01-01 11:00:00"),
            (12, 2, 7, 5, 5, "2013-01-01 11:00:00"),
            (13, 3, 8, 4, 4, "2013-01-03 11:00:00"),
        ],
        stock_item_transactions=[
            (101, 7, 10, 832, 501, "", "2013-01-01 12:00:00", -10),
            (102, 7, 10, 803, 502, "", "2013-01-01 12:00:00", -5),
            (103, 8, 11, "", "", 61, "2013-01-03 07:00:00", 6),
            (104, 8, 10, 832, 503, "", "2013-01-03 12:00:00", -4),
            (105, 7, 12, "", "", "", "2013-01-31 14:00:00", -2),
            (106, 8, 12, "", "", "", "2013-01-31 14:00:00", 0),
        ],
        purchase_orders=[(61, 4, "2013-01-01", "2013-01-15"), (62, 4, "2013-01-02", "2013-01-16")],
        purchase_order_lines=[
            (71, 61, 8, 2, "2013-01-03", 1),
            (72, 62, 7, 1, "", 0),
        ],
        stock_items=[(7, "mug", 12), (8, "bowl", 3)],
        stock_item_holdings=[(7, 83), (8, 0)],
        derived_backordered_lines=[(13, 3)],
    )


def write_online_retail(folder: Path, rows: Iterable[Sequence[Any]]) -> Path:
    """Rows of invoice, code, quantity, time, customer."""
    write_table(
        folder,
        ONLINE_RETAIL,
        ONLINE_RETAIL_COLUMNS,
        [
            (invoice, code, f"description of {code}", quantity, time, "2.55", customer, "United Kingdom")
            for invoice, code, quantity, time, customer in rows
        ],
    )
    return folder
