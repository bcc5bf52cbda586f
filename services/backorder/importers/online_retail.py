"""Imports UCI Online Retail (CC BY 4.0, D. Chen): a year of a gift wholesaler's invoices, to the minute.

The data say what was sold, cancelled and written off, not what was in stock. So the shop is given a
warehouse and buyers (`Company`): a count before the first order, picks and shipments, purchases that follow
the demand a little late. They are seeded: the same folder and seed give the same events.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

from backorder.contract.envelope import DEFAULT_POOL
from backorder.importers.csv_folder import Columns, moment, only_table, rows
from backorder.trade.company import Company
from backorder.trade.event import Desk, TradeEvent

FILE = "online_retail"
LOCATION = "warehouse"
COVER_DAYS = (5, 20)
"""For how many days of its demand the opening stock of an article lasts."""
STOCK_CARE_EVERY = timedelta(hours=3)
MOST_LINES = 5000

NOT_GOODS = frozenset({"POST", "DOT", "M", "C2", "D", "S", "B", "CRUK", "BANK CHARGES", "AMAZONFEE"})
"""Postage, manual entries, discounts, samples, fees."""
NOT_GOODS_EITHER = re.compile(r"ADJUST|TEST|GIFT_")
"""How the codes of corrections, tests and vouchers begin."""
COLUMNS: Columns = {
    "InvoiceNo": str,
    "StockCode": str,
    "Description": str,
    "Quantity": int,
    "InvoiceDate": moment,
    "CustomerID": str,
}


@dataclass(frozen=True, slots=True)
class _Row:
    invoice: str
    place: int
    """The row's number within its invoice, from 1."""
    sku: str
    description: str
    quantity: int
    time: datetime
    customer: str


@dataclass(slots=True)
class _Sale:
    """A line that a later cancellation may mean."""

    order_id: str
    line: int
    left: int


class OnlineRetail:
    """The history in a folder with the data. Every method raises `DataError`."""

    def __init__(self, folder: Path, pool: str = DEFAULT_POOL, seed: int = 0) -> None:
        self._folder = folder
        self._pool = pool
        self._seed = seed

    def events(self) -> Iterator[TradeEvent]:
        """All events in the order of their time."""
        return _Shop(self._folder, self._pool, self._seed).events()

    def last_time(self) -> datetime | None:
        """The time of the last event; None when there is none."""
        _, _, last = _survey(self._folder)
        return last


class _Shop:
    """One run through the invoices, with a company that answers to them."""

    def __init__(self, folder: Path, pool: str, seed: int) -> None:
        self._folder = folder
        self._pool = pool
        self._random = Random(f"{seed}/{pool}")
        self._desk = Desk("invoices", pool)
        self._stock_desk = Desk("stock", pool)
        self._company = Company(pool, self._random, [LOCATION])
        self._sales: dict[tuple[str, str], list[_Sale]] = defaultdict(list)

    def events(self) -> Iterator[TradeEvent]:
        yield from self._opening()
        for _, lines in groupby(_goods(self._folder), key=attrgetter("invoice")):
            invoice = list(lines)
            time = invoice[0].time
            yield from self._until(time)
            yield from self._take_invoice(invoice, time)

    def _take_invoice(self, invoice: list[_Row], time: datetime) -> Iterator[TradeEvent]:
        name = invoice[0].invoice
        if name.startswith("C"):
            yield from self._cancellation(invoice, time)
        elif not name.startswith("A"):  # an A is a bad debt, no trade
            sold = [row for row in invoice if row.quantity > 0]
            if sold:
                yield self._taken(self._order(name, sold, time), time)
            for row in invoice:
                if row.quantity < 0:
                    yield self._taken(self._write_off(row, time), time)

    def _taken(self, event: TradeEvent, now: datetime) -> TradeEvent:
        self._company.take(event, now)
        return event

    def _until(self, time: datetime) -> Iterator[TradeEvent]:
        """What the warehouse and the buyers do before a time."""
        agenda = self._company.agenda
        while (due := agenda.next_time) is not None and due <= time:
            event = self._company.next_event(due)
            if event is not None:
                yield self._taken(event, due)

    def _opening(self) -> Iterator[TradeEvent]:
        demand, first, last = _survey(self._folder)
        if first is None or last is None:
            return
        time = first - timedelta(days=1)
        days = max(1.0, (last - first) / timedelta(days=1))
        for sku, units in demand.items():
            count = {
                "sku": sku,
                "location": LOCATION,
                "quantity": round(units / days * self._random.uniform(*COVER_DAYS)),
                "basis": "on_hand",
                "as_of": time,
            }
            yield self._taken(self._stock_desk.write("stock.counted", time, sku, count), time)
        care = partial(self._company.warehouse.look_after_stock, STOCK_CARE_EVERY)
        self._company.agenda.at(first, care)

    # --- invoices -------------------------------------------------------------------------------------------

    def _order(self, invoice: str, rows: list[_Row], time: datetime) -> TradeEvent:
        """The order; or its amendment, for the rows of an invoice that went on after another one."""
        lines = [{"line": row.place, "sku": row.sku, "quantity": row.quantity} for row in rows[:MOST_LINES]]
        for row in rows:
            if row.customer:
                sale = _Sale(invoice, row.place, row.quantity)
                self._sales[row.customer, row.sku].append(sale)
        kind = "order.placed" if rows[0].place == 1 or not self._is_known(invoice) else "order.amended"
        return self._desk.write(kind, time, invoice, {"order_id": invoice, "lines": lines})

    def _is_known(self, order_id: str) -> bool:
        return self._company.knows_order(self._pool, order_id)

    def _write_off(self, row: _Row, time: datetime) -> TradeEvent:
        """Damage, loss, stock checks; the description says which."""
        data = {
            "sku": row.sku,
            "location": LOCATION,
            "quantity": row.quantity,
            "reason": row.description.strip()[:200] or "write_off",
        }
        return self._stock_desk.write("stock.adjusted", time, row.sku, data)

    def _cancellation(self, invoice: list[_Row], time: datetime) -> Iterator[TradeEvent]:
        """What has not been picked of the sales that are meant is cancelled, the rest comes back."""
        cancelled: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        returned: dict[tuple[str | None, str], int] = defaultdict(int)
        for row in invoice:
            if row.quantity >= 0:  # the one such row takes nothing back
                continue
            for sale, units in self._meant(row):
                if sale is None:
                    returned[None, row.sku] += units
                    continue
                earlier = cancelled[sale.order_id][sale.line]
                open_units = self._company.cancellable(self._pool, sale.order_id, sale.line) - earlier
                now = max(0, min(units, open_units))
                cancelled[sale.order_id][sale.line] += now
                returned[sale.order_id, row.sku] += units - now
        for order_id, units_of in cancelled.items():
            lines = [{"line": line, "quantity": units} for line, units in units_of.items() if units]
            if lines:
                data = {"order_id": order_id, "reason": invoice[0].invoice, "lines": lines}
                yield self._taken(self._desk.write("order.cancelled", time, order_id, data), time)
        for (order, sku), units in returned.items():
            if units:
                yield self._taken(self._return(sku, units, order, time), time)

    def _meant(self, row: _Row) -> Iterator[tuple[_Sale | None, int]]:
        """The sales that a cancellation means, which it does not say: the customer's newest of the very
        quantity, else the newest ones. None for units without a sale."""
        missing = -row.quantity
        sales = self._sales.get((row.customer, row.sku), []) if row.customer else []
        exact = next((sale for sale in reversed(sales) if sale.left == missing), None)
        for sale in [exact] if exact else list(reversed(sales)):
            units = min(missing, sale.left)
            sale.left -= units
            missing -= units
            if sale.left == 0:
                sales.remove(sale)
            yield sale, units
            if not missing:
                return
        yield None, missing

    def _return(self, sku: str, units: int, order_id: str | None, time: datetime) -> TradeEvent:
        data: dict[str, Any] = {
            "sku": sku,
            "location": LOCATION,
            "quantity": units,
            "condition": "sellable",
            "order_id": order_id,
        }
        return self._stock_desk.write("stock.returned", time, sku, data)


def _goods(folder: Path) -> Iterator[_Row]:
    """The rows that are about goods. Codes are in capitals: the data spell some both ways."""
    table = only_table(folder, FILE)
    places: dict[str, int] = defaultdict(int)
    for invoice, code, description, units, time, customer in rows(folder, table, COLUMNS):
        places[invoice] += 1
        sku = code.strip().upper()
        if not sku or sku in NOT_GOODS or NOT_GOODS_EITHER.match(sku):
            continue
        yield _Row(invoice, places[invoice], sku, description, units, time, customer)


def _survey(folder: Path) -> tuple[dict[str, int], datetime | None, datetime | None]:
    """The units sold of every SKU, and the first and the last time that something is told about goods."""
    demand: dict[str, int] = defaultdict(int)
    first = last = None
    for row in _goods(folder):
        if first is None:
            first = row.time
        if not row.invoice.startswith("A"):
            last = row.time
        demand[row.sku] += max(0, row.quantity)
    return demand, first, last
