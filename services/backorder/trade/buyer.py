"""The buyers of the sample: order from suppliers what runs out, too little and too late, and receive it."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from backorder.domain.decisions import BackorderOpened, StockLevel
from backorder.trade.agenda import Agenda
from backorder.trade.event import Desk, TradeEvent

LEAD_DAYS = (3, 21)
COVER = 0.55
"""The part of the demand during the lead time at which a buyer reorders: below 1, so backorders open."""
BEYOND_LEAD_DAYS = 10
"""A purchase is to last for so many days after it has arrived."""
WARM_UP_DAYS = 14
"""Demand of the first days is taken as if so many had passed: one order makes no trend."""
SUPPLIERS = 12
MOST_LINES = 12

# How often things go another way than planned.
SLIPPED = 0.10
CHANGED = 0.04
CANCELLED = 0.03
IN_PARTS = 0.30
FIRST_PART = 0.6
CLOSED_SHORT = 0.05
REJECTED_AT_THE_DOOR = 0.04
OVER_DELIVERED = 0.02
UNAVAILABLE = 0.02
REVERSED = 0.01
WITHOUT_PURCHASE = 0.02
PEGGED = 0.05


class Buyer:
    """One pool's buyers. They know the demand so far, and what stock and open purchases promise."""

    def __init__(self, pool: str, random: Random, agenda: Agenda, locations: list[str]) -> None:
        self._desk = Desk("purchasing", pool)
        self._dock = Desk("goods-in", pool)
        self._random = random
        self._agenda = agenda
        self._locations = locations
        self._since: datetime | None = None
        self._demand: dict[str, int] = {}
        self._lead_days: dict[str, int] = {}
        self._suppliers: dict[str, int] = {}
        self._supply: dict[str, dict[str | None, int]] = {}
        self._wanted: dict[int, dict[str, None]] = {}
        self._waiting: dict[str, tuple[str, int]] = {}
        self._purchases = 0
        self._receipts = 0

    # --- what they hear -------------------------------------------------------------------------------------

    def sees(self, event: TradeEvent, now: datetime) -> None:
        """Counts the demand."""
        if event.type == "order.placed":
            if self._since is None:
                self._since = now
            for line in event.data["lines"]:
                self._demand[line["sku"]] = self._demand.get(line["sku"], 0) + line["quantity"]

    def waits(self, backorder: BackorderOpened) -> None:
        self._waiting[backorder.sku] = (backorder.order_id, backorder.line)

    def stock_changed(self, row: StockLevel, now: datetime) -> None:
        """Looks at the SKU again, and wants it when too little is there and on its way."""
        rows = self._supply.setdefault(row.sku, {})
        rows[row.location] = row.available_to_promise + row.on_order
        rate = self._daily_demand(row.sku, now)
        if sum(rows.values()) >= rate * self._lead(row.sku) * COVER:
            return
        supplier = self._suppliers.setdefault(row.sku, self._random.randrange(SUPPLIERS))
        wanted = self._wanted.setdefault(supplier, {})
        if not wanted:
            self._agenda.at(now + timedelta(hours=self._random.randint(6, 30)), partial(self._buy, supplier))
        wanted[row.sku] = None

    def _daily_demand(self, sku: str, now: datetime) -> float:
        days = 0.0 if self._since is None else (now - self._since) / timedelta(days=1)
        return self._demand.get(sku, 0) / (days + WARM_UP_DAYS)

    def _lead(self, sku: str) -> int:
        if sku not in self._lead_days:
            self._lead_days[sku] = self._random.randint(*LEAD_DAYS)
        return self._lead_days[sku]

    # --- buying ---------------------------------------------------------------------------------------------

    def _buy(self, supplier: int, now: datetime) -> TradeEvent | None:
        wanted = self._wanted.pop(supplier)
        skus = list(wanted)[:MOST_LINES]
        if len(wanted) > MOST_LINES:
            self._wanted[supplier] = dict.fromkeys(list(wanted)[MOST_LINES:])
            self._agenda.at(now, partial(self._buy, supplier))
        needs = {sku: need for sku in skus if (need := self._need(sku, now)) > 0}
        if not needs:
            return None
        arrives = now + timedelta(days=max(self._lead(sku) for sku in needs))
        self._purchases += 1
        purchase_id = f"PO-{self._purchases}"
        lines: list[dict[str, Any]] = []
        for number, (sku, need) in enumerate(needs.items(), start=1):
            line: dict[str, Any] = {
                "line": number,
                "sku": sku,
                "location": self._place_for(sku),
                "quantity": need,
                "expected_at": arrives,
            }
            if sku in self._waiting and self._random.random() < PEGGED:
                order_id, order_line = self._waiting[sku]
                line["for"] = {"order_id": order_id, "line": order_line}
            lines.append(line)
        self._plan(purchase_id, lines, arrives, now)
        data = {"purchase_order_id": purchase_id, "supplier": f"supplier-{supplier}", "lines": lines}
        return self._desk.write("purchase.placed", now, purchase_id, data)

    def _need(self, sku: str, now: datetime) -> int:
        target = self._daily_demand(sku, now) * (self._lead(sku) + BEYOND_LEAD_DAYS)
        return round(target - sum(self._supply[sku].values()))

    def _place_for(self, sku: str) -> str:
        """Most goes where most is missing; a SKU that has no place yet gets one."""
        places = {place: units for place, units in self._supply[sku].items() if place is not None}
        if not places:
            return self._random.choice(self._locations)
        return min(places, key=places.__getitem__)

    def _plan(self, purchase_id: str, lines: list[dict[str, Any]], arrives: datetime, now: datetime) -> None:
        """Decides what will become of a purchase."""
        chance = self._random.random()
        some_time = now + (arrives - now) * self._random.uniform(0.2, 0.9)
        if chance < CANCELLED:
            self._agenda.at(some_time, partial(self._cancel, purchase_id))
            return
        chance -= CANCELLED
        if chance < SLIPPED:
            arrives += timedelta(days=self._random.randint(3, 12))
            self._agenda.at(some_time, partial(self._slip, purchase_id, lines, arrives))
        elif chance < SLIPPED + CHANGED:
            self._agenda.at(some_time, partial(self._change_quantity, purchase_id, lines))
        arrives += timedelta(hours=self._random.randint(-4, 40))
        if self._random.random() < IN_PARTS:
            most, rest = _in_two_parts(lines)
            self._agenda.at(arrives, partial(self._receive, purchase_id, most, False))
            arrives += timedelta(hours=self._random.randint(24, 120))
            self._agenda.at(arrives, partial(self._receive, purchase_id, rest, True))
        else:
            self._agenda.at(arrives, partial(self._receive, purchase_id, lines, True))

    def _cancel(self, purchase_id: str, now: datetime) -> TradeEvent:
        return self._desk.write("purchase.cancelled", now, purchase_id, {"purchase_order_id": purchase_id})

    def _slip(self, purchase_id: str, lines: list[dict[str, Any]], to: datetime, now: datetime) -> TradeEvent:
        changes = [{"line": line["line"], "expected_at": to} for line in lines]
        data = {"purchase_order_id": purchase_id, "lines": changes}
        return self._desk.write("purchase.changed", now, purchase_id, data)

    def _change_quantity(self, purchase_id: str, lines: list[dict[str, Any]], now: datetime) -> TradeEvent:
        """The supplier delivers a little less of the first line; what is over is an over-receipt."""
        first = lines[0]
        changes = [{"line": first["line"], "quantity": max(1, round(first["quantity"] * 0.9))}]
        data = {"purchase_order_id": purchase_id, "lines": changes}
        return self._desk.write("purchase.changed", now, purchase_id, data)

    # --- goods in -------------------------------------------------------------------------------------------

    def _receive(
        self, purchase_id: str, lines: list[dict[str, Any]], last: bool, now: datetime
    ) -> TradeEvent | None:
        received = [self._received(line, last) for line in lines if line["quantity"] > 0]
        if not received:
            return None
        receipt_id = self._new_receipt()
        data: dict[str, Any] = {"receipt_id": receipt_id, "lines": received}
        known = self._random.random() >= WITHOUT_PURCHASE
        if known:
            data["purchase_order_id"] = purchase_id
        else:
            for line in received:
                line.pop("line")
            self._agenda.at(now + timedelta(days=2), partial(self._cancel, purchase_id))
        if self._random.random() < REVERSED:
            self._agenda.at(now + timedelta(hours=1), partial(self._reverse, receipt_id, purchase_id, known))
            self._agenda.at(now + timedelta(hours=2), partial(self._receive, purchase_id, lines, last))
        return self._dock.write("goods.received", now, purchase_id if known else receipt_id, data)

    def _received(self, line: dict[str, Any], last: bool) -> dict[str, Any]:
        """What is unloaded of a purchase line."""
        units: int = line["quantity"]
        received: dict[str, Any] = {
            "line": line["line"],
            "sku": line["sku"],
            "location": line["location"],
            "quantity": units,
        }
        if self._random.random() < OVER_DELIVERED:
            received["quantity"] = units + self._random.randint(1, 3)
        elif self._random.random() < REJECTED_AT_THE_DOOR:
            received["rejected"] = max(1, units // 20)
            received["quantity"] = units - received["rejected"]
        elif last and self._random.random() < CLOSED_SHORT:
            received["quantity"] = units * 9 // 10
        if last and received["quantity"] < units:
            received["final"] = True
        if self._random.random() < UNAVAILABLE:
            received["condition"] = "unavailable"
        return received

    def _reverse(self, receipt_id: str, purchase_id: str, known: bool, now: datetime) -> TradeEvent:
        data = {"receipt_id": receipt_id, "reason": "booked_wrongly"}
        if known:
            data["purchase_order_id"] = purchase_id
        subject = purchase_id if known else receipt_id
        return self._dock.write("goods.receipt_reversed", now, subject, data)

    def _new_receipt(self) -> str:
        self._receipts += 1
        return f"GR-{self._receipts}"


def _in_two_parts(lines: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Most of every line, and the rest of it."""
    most = [{**line, "quantity": round(line["quantity"] * FIRST_PART)} for line in lines]
    rest = [
        {**line, "quantity": line["quantity"] - part["quantity"]}
        for line, part in zip(lines, most, strict=True)
    ]
    return most, rest
