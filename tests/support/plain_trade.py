"""A random trade of the plain part of the domain, fed to a fold and to `PlainModel`, which must agree."""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from msgspec import UNSET
from msgspec.structs import replace

from backorder.domain import decisions as d
from backorder.domain import events as e
from backorder.domain.fold import Fold
from tests.support import happenings as h
from tests.support import plain_rows
from tests.support.plain_model import PlainModel
from tests.support.random_trade import RandomTrade
from tests.support.shop import entry

KINDS = """
    place amend amend_up reschedule cancel cancel_all pick unpick ship ship_something_else ship_before_a_count
    void count adjust change_condition take_back configure configure_location buy change_purchase
    cancel_purchase receive receive_what_was_bought reverse ask_the_impossible
""".split()  # noqa: SIM905 - a list of words reads better than one of strings
POLICIES = ["backorderable", "backorder_cap", "safety_stock", "discontinued", "allow_partial", "sourcing"]
TYPES = [name for name in e.PUBLIC_EVENTS if hasattr(PlainModel, name.replace(".", "_"))]
"""Of the events that the model knows."""
MOST = 9
"""Units of a line: the model has a list of them."""


class PlainTrade(RandomTrade):
    kinds: ClassVar = {kind: h.KINDS[kind] for kind in KINDS} | {"repeat": ("ordered",)}
    policies: ClassVar = {name: h.POLICIES[name] for name in POLICIES}
    location_policies = ("safety_stock",)
    steps = tuple(timedelta(seconds=seconds) for seconds in (0, 1, 1, 10, 20, 20))
    unknown = tuple(event for event in h.UNKNOWN if e.type_name(event) in TYPES)

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.fold, self.model = Fold(), PlainModel()
        self.accepted: list[e.Entry] = []
        self.rows: dict[str, dict[Any, Any]] = {"lines": {}, "stock": {}, "availability": {}}
        self.seen = {"lines": [], "stock": [], "availability": []}
        self.outcomes: Counter[str] = Counter()
        self.open_trade()

    def open_trade_in_kits(self) -> None:
        """There are none."""

    def repeat(self) -> None:
        """Something happens again under another id, at once or late."""
        self.happen(self.dice.choice(self.accepted[-20:]).event)

    def feed(self, what: e.Event, time: datetime | None = None) -> None:
        self.number += 1
        fed = entry(plain(what), time or self.now, self.number)
        decisions = [emitted.decision for emitted in self.fold.apply(fed).emitted]
        rejected = [said.reason for said in decisions if isinstance(said, d.EventRejected)]
        if is_done(fed.event, rejected):
            self.model.apply(fed)
        written = list(self.fold.rows())
        self.fold.commit()
        for row in written:
            self.rows[row.topic][key_of(row.data)] = row.data
        self.seen = {topic: list(rows.values()) for topic, rows in self.rows.items()}
        self.outcomes.update(answers(decisions))
        if not rejected:
            self.accepted.append(fed)
            self.outcomes[accepted(fed.event)] += 1
        self.compare({key_of(row.data) for row in written if row.topic == "lines"})

    def compare(self, moved: set[Any]) -> None:
        """All rows; the `position` of a line only where its row was written: it is as old as that."""
        lines = {(line.order, line.line): plain_rows.line_row(self.model, line) for line in self.model.lines}
        ours = {key: figures_of(row, lines.get(key, {})) for key, row in self.rows["lines"].items()}
        for key in lines.keys() & ours.keys() - moved:
            del lines[key]["position"], ours[key]["position"]
        agree("lines", ours, lines)
        stock = {key: plain_rows.stock_row(self.model, *key) for key in self.model.stock}
        agree(
            "stock",
            {key: figures_of(row, stock.get(key, {})) for key, row in self.rows["stock"].items()},
            stock,
        )
        shown = {sku: (row.state, row.sellable) for sku, row in self.rows["availability"].items()}
        agree("availability", shown, {sku: plain_rows.availability(self.model, sku) for sku in shown})
        assert {sku for sku, _ in self.model.stock} <= shown.keys()


def plain(what: e.Event) -> e.Event:
    """The event without what the model leaves out."""
    if isinstance(what, e.OrderPlaced):
        lines = [plain_line(line) for line in what.lines]
        return replace(what, lines=lines, held=False, ship="as_available", payment=None)
    if isinstance(what, e.OrderAmended):
        return replace(what, lines=[plain_line(line) for line in what.lines])
    if isinstance(what, e.OrderRescheduled):
        lines = what.lines and [replace(line, cancel_after=UNSET) for line in what.lines]
        return replace(what, ship=UNSET, lines=lines)
    if isinstance(what, e.StockCounted):
        return replace(what, basis="on_hand", quantity=abs(what.quantity))
    return what


def plain_line(line: Any) -> Any:
    return replace(line, quantity=min(line.quantity, MOST), hold_id=None, cancel_after=None)


def key_of(row: Any) -> Any:
    if isinstance(row, d.LineChanged):
        return row.order_id, row.line
    return (row.sku, row.location) if isinstance(row, d.StockLevel) else row.sku


def figures_of(row: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Those figures of a row that have these names."""
    figures = {name: getattr(row, name) for name in names}
    if "allocations" in figures:
        figures["allocations"] = {each.location: each.quantity for each in row.allocations}
    return figures


def answers(decisions: list[Any]) -> list[str]:
    """Why an event is rejected or lines are refused, and what does not add up."""
    reasons: list[str] = []
    for said in decisions:
        if isinstance(said, d.EventRejected | d.LineRefused):
            reasons.append(said.reason)
        elif isinstance(said, d.OrderRefused):
            reasons += [line.reason for line in said.lines]
        elif isinstance(said, d.StockDiscrepancy):
            reasons.append(said.kind)
    return reasons


def is_done(event: e.Event, rejected: list[str]) -> bool:
    """Whether it does anything. More than is open: what is open goes; an early cancel is remembered."""
    if isinstance(event, e.OrderCancelled) and rejected == ["unknown_order"]:
        return event.lines is None
    return rejected in ([], ["more_than_open"])


def accepted(event: e.Event) -> str:
    return f"{e.type_name(event)} accepted"


def agree(what: str, fold: dict[Any, Any], model: dict[Any, Any]) -> None:
    """What differs, and only that, is in the message."""
    keys = [key for key in {**fold, **model} if fold.get(key) != model.get(key)]
    differs = [f"\n{key}\n  fold  {fold.get(key)}\n  model {model.get(key)}" for key in keys]
    assert not differs, what + "".join(differs)
