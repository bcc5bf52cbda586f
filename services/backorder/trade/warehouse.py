"""The warehouse of the sample: picks and ships what is released, counts and corrects what it keeps."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from backorder.domain.decisions import ReleaseCreated, ReleaseWithdrawn, StockLevel
from backorder.trade.agenda import Agenda
from backorder.trade.event import Desk, TradeEvent

Place = tuple[int, str, str]
"""Line, SKU, location."""
Units = dict[Place, int]

UNTIL_PICKED = (48, 144)
"""Hours from a release to the pick."""

# How often things go another way than planned.
WITHOUT_PICK = 0.15
UNPICKED = 0.01
PICKED_SHORT = 0.02
CLOSED_SHORT = 0.01
VOIDED = 0.01
RETURNED = 0.05
BROKEN_ON_RETURN = 0.3


class Warehouse:
    """One pool's warehouses. What it is told to ship it ships within a few days."""

    def __init__(self, pool: str, random: Random, agenda: Agenda) -> None:
        self._desk = Desk("warehouse", pool)
        self._random = random
        self._agenda = agenda
        self._to_pick: dict[str, Units] = {}
        self._to_ship: dict[str, Units] = {}
        self._stock: dict[tuple[str, str], StockLevel] = {}
        self._shelves: list[tuple[str, str]] = []
        self._shipments = 0

    # --- what it hears --------------------------------------------------------------------------------------

    def released(self, release: ReleaseCreated, now: datetime) -> None:
        todo = self._to_pick.setdefault(release.order_id, {})
        if not todo:
            self._agenda.at(now + self._hours(*UNTIL_PICKED), partial(self._pick, release.order_id))
        for line in release.lines:
            _add(todo, (line.line, line.sku, line.location), line.quantity)

    def withdrawn(self, release: ReleaseWithdrawn) -> None:
        todo = self._to_pick.get(release.order_id, {})
        for line in release.lines:
            place = (line.line, line.sku, line.location)
            if place in todo:
                todo[place] = max(0, todo[place] - line.quantity)

    def stock_changed(self, row: StockLevel) -> None:
        if row.location is not None:
            shelf = (row.sku, row.location)
            if shelf not in self._stock:
                self._shelves.append(shelf)
            self._stock[shelf] = row

    # --- picking and shipping -------------------------------------------------------------------------------

    def _pick(self, order_id: str, now: datetime) -> TradeEvent | None:
        picked = _without_zeros(self._to_pick.pop(order_id, {}))
        if not picked:
            return None
        if self._random.random() < PICKED_SHORT and self._leave_one(picked, order_id):
            self._agenda.at(now + self._hours(20, 40), partial(self._pick, order_id))
        if not picked:
            return None
        todo = self._to_ship.setdefault(order_id, {})
        for place, units in picked.items():
            _add(todo, place, units)
        if self._random.random() < WITHOUT_PICK:
            return self._ship(order_id, now)
        undo = self._random.random() < UNPICKED
        then = partial(self._unpick, order_id) if undo else partial(self._ship, order_id)
        self._agenda.at(now + self._hours(2, 30), then)
        return self._picked(order_id, picked, now)

    def _leave_one(self, picked: Units, order_id: str) -> bool:
        """The last unit of the first place is not found today."""
        place = next(iter(picked))
        self._to_pick[order_id] = {place: 1}
        picked[place] -= 1
        if not picked[place]:
            del picked[place]
        return True

    def _unpick(self, order_id: str, now: datetime) -> TradeEvent | None:
        units = self._to_ship.pop(order_id, {})
        if not units:
            return None
        self._to_pick.setdefault(order_id, {}).update(units)
        self._agenda.at(now + self._hours(10, 30), partial(self._pick, order_id))
        return self._picked(order_id, {place: -quantity for place, quantity in units.items()}, now)

    def _picked(self, order_id: str, units: Units, now: datetime) -> TradeEvent:
        return self._desk.write("order.picked", now, order_id, {"order_id": order_id, "lines": _lines(units)})

    def _ship(self, order_id: str, now: datetime) -> TradeEvent | None:
        units = self._to_ship.pop(order_id, {})
        if not units:
            return None
        self._shipments += 1
        shipment = f"SH-{self._shipments}"
        data: dict[str, Any] = {"order_id": order_id, "shipment_id": shipment, "lines": _lines(units)}
        chance = self._random.random()
        if chance < CLOSED_SHORT:
            data["remainder"] = "close"
        elif chance < CLOSED_SHORT + VOIDED:
            self._agenda.at(now + self._hours(1, 8), partial(self._void, order_id, shipment))
        elif chance < CLOSED_SHORT + VOIDED + RETURNED:
            place = next(iter(units))
            self._agenda.at(now + self._hours(72, 480), partial(self._return, order_id, place))
        return self._desk.write("order.shipped", now, order_id, data)

    def _void(self, order_id: str, shipment: str, now: datetime) -> TradeEvent:
        data = {"order_id": order_id, "shipment_id": shipment}
        return self._desk.write("order.shipment_voided", now, order_id, data)

    def _return(self, order_id: str, place: Place, now: datetime) -> TradeEvent:
        _, sku, location = place
        broken = self._random.random() < BROKEN_ON_RETURN
        data = {
            "sku": sku,
            "location": location,
            "quantity": 1,
            "condition": "unavailable" if broken else "sellable",
            "order_id": order_id,
        }
        return self._desk.write("stock.returned", now, sku, data)

    # --- looking after the stock ----------------------------------------------------------------------------

    def look_after_stock(self, every: timedelta, now: datetime) -> TradeEvent | None:
        """One look at one shelf, and again after `every`: a count, a correction or a change of condition."""
        self._agenda.at(now + every, partial(self.look_after_stock, every))
        if not self._shelves:
            return None
        row = self._stock[self._random.choice(self._shelves)]
        look = self._random.choices((self._count, self._adjust, self._judge), (6, 3, 1))[0]
        return look(row, now)

    def _count(self, row: StockLevel, now: datetime) -> TradeEvent:
        miscounted = self._random.choices((0, -1, -2, 1, 2), (75, 10, 5, 8, 2))[0]
        data = {
            "sku": row.sku,
            "location": row.location,
            "quantity": max(0, row.on_hand + miscounted),
            "basis": "on_hand",
            "as_of": now - self._hours(0, 1),
        }
        return self._desk.write("stock.counted", now, row.sku, data)

    def _adjust(self, row: StockLevel, now: datetime) -> TradeEvent | None:
        found = self._random.random() < 0.4
        lost = min(self._random.randint(1, 3), row.on_hand - row.unavailable)
        if not found and lost <= 0:
            return None
        data = {
            "sku": row.sku,
            "location": row.location,
            "quantity": 1 if found else -lost,
            "reason": "found" if found else self._random.choice(("damaged", "lost", "sample")),
        }
        return self._desk.write("stock.adjusted", now, row.sku, data)

    def _judge(self, row: StockLevel, now: datetime) -> TradeEvent | None:
        data: dict[str, Any] = {"sku": row.sku, "location": row.location}
        if row.unavailable > 0:
            data |= {"quantity": 1, "from": "unavailable", "to": "sellable", "reason": "repaired"}
        elif row.on_hand > 0:
            data |= {"quantity": 1, "from": "sellable", "to": "unavailable", "reason": "quality_hold"}
        else:
            return None
        return self._desk.write("stock.condition_changed", now, row.sku, data)

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=round(60 * self._random.uniform(least, most)))


def _add(units: Units, place: Place, quantity: int) -> None:
    units[place] = units.get(place, 0) + quantity


def _without_zeros(units: Units) -> Units:
    return {place: quantity for place, quantity in units.items() if quantity > 0}


def _lines(units: Units) -> list[dict[str, Any]]:
    return [
        {"line": line, "quantity": quantity, "location": location}
        for (line, _, location), quantity in units.items()
    ]
