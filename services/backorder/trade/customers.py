"""The customers of the sample: what they order, and how they change their minds."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from backorder.trade.agenda import Agenda
from backorder.trade.assortment import Assortment
from backorder.trade.event import Desk, TradeEvent

MEAN_UNITS = 1.9
MEAN_LINES = 2.9
"""What the odds below come to, for those who plan the opening stock."""
LINES = (1, 2, 3, 4, 5, 6, 8, 12, 20)
LINES_ODDS = (34, 24, 15, 10, 6, 4, 4, 2, 1)
UNITS = (1, 2, 3, 4, 6, 12)
UNITS_ODDS = (60, 22, 8, 5, 3, 2)
CHANNELS = ("web", "web", "web", "app", "store", "marketplace")

# How often things go another way than planned.
DENY = 0.06
ONE_LINE_DENY = 0.05
DATED = 0.25
NAMED_PLACE = 0.15
CANCELLED = 0.05
CANCELLED_EARLY = 0.01
AMENDED = 0.04
RESCHEDULED = 0.03


class Customers:
    """One pool's customers, as their shop publishes what they do."""

    def __init__(self, pool: str, random: Random, agenda: Agenda, assortment: Assortment) -> None:
        self._desk = Desk("shop", pool)
        self._random = random
        self._agenda = agenda
        self._assortment = assortment
        self._orders = 0

    def order(self, now: datetime) -> TradeEvent:
        """The next order; or its cancel, when that overtakes it."""
        self._orders += 1
        order_id = f"SO-{self._orders}"
        order = self._order(order_id, now)
        event = self._desk.write("order.placed", now, order_id, order)
        chance = self._random.random()
        if chance < CANCELLED_EARLY:
            self._agenda.at(now + timedelta(minutes=1), lambda _: event)
            return self._cancel(order_id, None, now)
        chance -= CANCELLED_EARLY
        if chance < CANCELLED:
            lines = None if self._random.random() < 0.6 else order["lines"]
            self._agenda.at(now + self._hours(0.1, 240), partial(self._cancel, order_id, lines))
        elif chance < CANCELLED + AMENDED:
            self._agenda.at(now + self._hours(0.1, 72), partial(self._amend, order_id, order["lines"]))
        elif chance < CANCELLED + AMENDED + RESCHEDULED:
            self._agenda.at(now + self._hours(1, 72), partial(self._reschedule, order_id, order["lines"]))
        return event

    def _order(self, order_id: str, now: datetime) -> dict[str, Any]:
        count = self._random.choices(LINES, LINES_ODDS)[0]
        order: dict[str, Any] = {
            "order_id": order_id,
            "channel": self._random.choice(CHANNELS),
            "lines": [self._line(number) for number in range(1, count + 1)],
        }
        if self._random.random() < DENY:
            for line in order["lines"]:
                line["backorder"] = "deny"
        priority = self._random.choices((1, 3, 5, 7), (2, 8, 80, 10))[0]
        if priority != 5:
            order["priority"] = priority
        if self._random.random() < DATED:
            order["required_by"] = now + self._hours(48, 24 * 30)
        return order

    def _line(self, number: int) -> dict[str, Any]:
        article = self._assortment.choose(self._random)
        line: dict[str, Any] = {
            "line": number,
            "sku": article.sku,
            "quantity": self._random.choices(UNITS, UNITS_ODDS)[0],
        }
        if self._random.random() < NAMED_PLACE:
            line["location"] = self._random.choice(article.places)
        if self._random.random() < ONE_LINE_DENY:
            line["backorder"] = "deny"
        return line

    def _cancel(self, order_id: str, lines: list[dict[str, Any]] | None, now: datetime) -> TradeEvent:
        data: dict[str, Any] = {"order_id": order_id, "reason": "customer_request"}
        if lines is not None:
            line = self._random.choice(lines)
            data["lines"] = [{"line": line["line"]}]
            if line["quantity"] > 1 and self._random.random() < 0.5:
                data["lines"][0]["quantity"] = 1
        return self._desk.write("order.cancelled", now, order_id, data)

    def _amend(self, order_id: str, lines: list[dict[str, Any]], now: datetime) -> TradeEvent:
        change = self._random.choices(("more", "less", "added"), (4, 4, 2))[0]
        line = self._random.choice(lines)
        if change == "added":
            amended = self._line(len(lines) + 1)
        elif change == "more":
            amended = {"line": line["line"], "quantity": line["quantity"] + self._random.randint(1, 3)}
        else:
            amended = {"line": line["line"], "quantity": line["quantity"] - 1}
        return self._desk.write("order.amended", now, order_id, {"order_id": order_id, "lines": [amended]})

    def _reschedule(self, order_id: str, lines: list[dict[str, Any]], now: datetime) -> TradeEvent:
        data: dict[str, Any] = {"order_id": order_id}
        what = self._random.choices(("priority", "date", "line"), (4, 4, 2))[0]
        if what == "priority":
            data["priority"] = self._random.randint(1, 9)
        elif what == "date":
            data["required_by"] = now + self._hours(24, 24 * 20)
        else:
            line = self._random.choice(lines)["line"]
            data["lines"] = [{"line": line, "priority": self._random.randint(1, 3)}]
        return self._desk.write("order.rescheduled", now, order_id, data)

    def _hours(self, least: float, most: float) -> timedelta:
        return timedelta(minutes=round(60 * self._random.uniform(least, most)))
