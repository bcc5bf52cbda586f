"""The fold against everything that must be true of it, over random histories of a small trade.

After every event: the eight invariants, and agreement with the naive model on every figure, read from the
rows that the fold publishes. In between: batches of any size, aborted batches, restores from the changelog.
At the end the whole journal is folded again, in one batch, and must say the same.

`HYPOTHESIS_PROFILE=long` runs it for long, for the fault tests.
"""

import os
import pickle
from datetime import timedelta
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from backorder.domain import events as e
from backorder.domain import movements
from backorder.domain.decisions import EventRejected
from backorder.domain.fold import Fold
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations
from backorder.domain.settings import RULES_VERSION, Settings
from tests.support.happenings import (
    ORDERS,
    PLACES,
    POOL,
    PURCHASES,
    SKUS,
    UNKNOWN,
    UNSUPPORTED,
    chance,
    dates,
    few,
    line_numbers,
    maybe_place,
    places,
    policies,
    skus,
    units,
)
from tests.support.naive_model import NaiveModel
from tests.support.shop import MONDAY, entry

PROFILES = {"quick": (200, 40), "long": (4000, 80)}
EXAMPLES, STEPS = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "quick")]
pytestmark = pytest.mark.timeout(7200)
"""Not the usual limit: after a failure the search for a shorter example takes five minutes more."""
PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

RETENTION_DAYS = 3
CHUNK = movements.CHUNK

LINE_FIGURES = """
    ordered allocated backordered released picked shipped cancelled location priority required_by accepted_at
    status opened_at waits_for
""".split()  # noqa: SIM905 - a list of words reads better than one of strings
AMENDED = ["line", "quantity", "sku", "location", "required_by", "priority", "backorder"]


def agree(fold: dict[Any, Any], model: dict[Any, Any]) -> None:
    """The same figures; what differs, and only that, is in the message."""
    keys = fold.keys() | model.keys()
    differs = {key: (fold.get(key), model.get(key)) for key in keys if fold.get(key) != model.get(key)}
    assert not differs, "".join(
        f"\n{key}\n  fold  {ours}\n  model {its}" for key, (ours, its) in differs.items()
    )


def encoded(decisions: list[Any]) -> bytes:
    return msgspec.json.encode([(type(each.decision).__name__, each) for each in decisions])


class DomainMachine(RuleBasedStateMachine):
    """Feeds a fold, checks it, and keeps the journal. What it draws looks at the published rows only."""

    step_sizes: ClassVar = [1, 2, 3, 1000, 1000, 1000]
    compares = True
    """Whether big steps are finished before the next event, so that the naive model can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.journal: list[e.Entry] = []
        self.said: list[Any] = []
        self.accepted: list[e.Event] = []
        self.pending: list[e.Entry] = []
        self.history = History()
        self.naive = NaiveModel(RETENTION_DAYS)
        self.table: dict[tuple[str, str], Any] = {}
        self.changelog: dict[bytes, bytes] = {}
        self.events = 0

    @initialize(data=st.data(), counts=st.lists(few, max_size=4), orders=st.integers(0, 5))
    def open_shop(self, data: st.DataObject, counts: list[int], orders: int) -> None:
        movements.CHUNK = data.draw(st.sampled_from([1, 2, 64]))  # packing must not show
        self.step_lines = data.draw(st.sampled_from(self.step_sizes))
        self.settings = Settings(closed_retention_days=RETENTION_DAYS, step_lines=self.step_lines)
        self.fold = Fold(self.settings)
        self.look()
        self._remember()
        for number, quantity in enumerate(counts):
            self.now += timedelta(minutes=1)
            sku, place = SKUS[number % 2], PLACES[number // 2]
            self.feed(e.StockCounted(sku, place, quantity, "on_hand", self.now))
        for _ in range(orders):
            self._place(data)

    # --- feeding and checking -------------------------------------------------------------------------------

    def when(self, data: st.DataObject) -> Any:
        """The event's time: mostly a little later than the last one, sometimes late, sometimes far off."""
        kind = data.draw(chance, label="time")
        if kind < 6:
            self.now += timedelta(minutes=data.draw(st.integers(0, 20)))
            return self.now
        if kind == 6:
            self.now += timedelta(hours=data.draw(st.integers(1, 30)))
            return self.now
        ago = st.integers(1, 12 * 86_400) if kind == 9 else st.integers(1, 12_000)
        return self.now - timedelta(seconds=data.draw(ago))

    def happen(self, data: st.DataObject, what: e.Event, supported: bool = True) -> None:
        self.feed(what, self.when(data), supported)

    def feed(self, what: e.Event, time: Any = None, supported: bool = True) -> None:
        self.events += 1
        everywhere = isinstance(what, e.ClockTicked | e.RulesChanged)
        fed = entry(what, time or self.now, self.events, "" if everywhere else POOL)
        rejected = self._fold(fed)
        event(f"{e.type_name(what)}: {rejected or 'accepted'}")
        if rejected is None:
            self.accepted.append(what)
        if self.compares:
            while self.pending:
                self._fold(self.pending.pop(0))
            if not isinstance(what, e.RulesChanged):
                self.naive.apply(fed, supported)
        self.check()

    def _fold(self, fed: e.Entry) -> str | None:
        outcome = self.fold.apply(fed)
        self.journal.append(fed)
        self.said += outcome.emitted
        self.pending += outcome.continued
        broken = self.history.observe(outcome.emitted)
        if POOL in self.fold.pools:
            pool = self.fold.pools[POOL]
            broken += passed_over(pool, outcome.emitted) + violations(pool)
            if isinstance(fed.event, e.ClockTicked):
                self.history.keep_only(pool)
            broken += self.history.disagreements(pool)
        assert not broken, "\n".join(broken)
        reasons = [
            each.decision.reason for each in outcome.emitted if isinstance(each.decision, EventRejected)
        ]
        assert len(reasons) <= 1, "an event is rejected for one reason"
        return reasons[0] if reasons else None

    def rows(self) -> dict[tuple[str, str], Any]:
        """The last row of each key."""
        changed = {(row.topic, row.key): row for row in self.fold.rows()}
        assert all(row.data is not None or row.topic == "lines" for row in changed.values())
        return self.table | changed

    def lines(self) -> list[Any]:
        """The line rows as they were after the last event."""
        return self.seen["lines"]

    def look(self) -> None:
        self.seen = {"lines": [], "stock": [], "availability": []}
        for row in self.rows().values():
            if row.data is not None:
                self.seen[row.topic].append(row.data)

    def check(self) -> None:
        self.look()
        if not self.compares or POOL not in self.fold.pools:
            return
        lines = {(row.order_id, row.line): self._line_figures(row) for row in self.seen["lines"]}
        agree(lines, self.naive.line_rows())
        stock = {(row.sku, row.location): row for row in self.seen["stock"]}
        assert {key for key in stock if key[1] is not None} == set(self.naive.stock)
        for key in stock.keys() | self.naive.stock_rows().keys():
            figures = self.naive.stock_row(*key)
            agree({name: getattr(stock[key], name) for name in figures}, figures)
        for row in self.seen["availability"]:
            agree({row.sku: (row.state, row.sellable)}, {row.sku: self.naive.availability(row.sku)})
        rejections = [each.decision for each in self.said if isinstance(each.decision, EventRejected)]
        assert {(each.event_id, each.reason) for each in rejections} == self.naive.rejected

    def _line_figures(self, row: Any) -> dict[str, Any]:
        figures = {name: getattr(row, name) for name in LINE_FIGURES}
        return figures | {"allocations": {each.location: each.quantity for each in row.allocations}}

    # --- batches --------------------------------------------------------------------------------------------

    def _remember(self) -> None:
        """What an abort goes back to."""
        state = (self.now, self.pending, self.history, self.naive, self.events, self.step_lines)
        self.committed = pickle.dumps(state)
        self.committed_accepted = list(self.accepted)
        self.committed_length = len(self.journal), len(self.said)
        self.committed_dump = self.fold.dump()

    @rule()
    def commit(self) -> None:
        self.table = self.rows()
        for key, value in self.fold.changes():
            if value is None:
                del self.changelog[key]
            else:
                self.changelog[key] = value
        self.fold.commit()
        assert self.changelog == self.fold.dump()
        assert not list(self.fold.rows())
        assert not list(self.fold.changes())
        self._remember()

    @rule()
    def abort_and_repeat(self) -> None:
        """A batch is rolled back and folded again: the same decisions, the same state."""
        entries, decisions = (self.journal[self.committed_length[0] :], self.said[self.committed_length[1] :])
        dump, rows = self.fold.dump(), self.rows()
        self._roll_back()
        again = [each for fed in entries for each in self.fold.apply(fed).emitted]
        assert encoded(again) == encoded(decisions)
        assert self.fold.dump() == dump
        assert self.rows() == rows

    @rule()
    def abort(self) -> None:
        """A batch is rolled back and something else happens instead."""
        self._roll_back()
        state = pickle.loads(self.committed)
        self.now, self.pending, self.history, self.naive, self.events, self.step_lines = state
        del self.journal[self.committed_length[0] :], self.said[self.committed_length[1] :]
        self.accepted = list(self.committed_accepted)
        self.check()

    def _roll_back(self) -> None:
        self.fold.rollback()
        assert self.fold.dump() == self.committed_dump
        assert not list(self.fold.rows())
        for pool in self.fold.pools.values():
            assert not violations(pool)

    @rule(backwards=st.booleans())
    def restore(self, backwards: bool) -> None:
        """Another process takes over from the changelog."""
        self.commit()
        restored = Fold(self.settings)
        for key, value in sorted(self.changelog.items(), reverse=backwards):
            restored.load(key, value)
        restored.loaded()
        assert restored.dump() == self.changelog
        assert not list(restored.changes())
        self.fold = restored

    def teardown(self) -> None:
        try:
            if hasattr(self, "fold"):
                self._fold_all_again()
        finally:
            movements.CHUNK = CHUNK

    def _fold_all_again(self) -> None:
        """The whole journal in one batch: the same decisions, the same state, the same last rows."""
        while self.pending:
            self._fold(self.pending.pop(0))
        self.commit()
        again = Fold(self.settings)
        said = [each for fed in self.journal for each in again.apply(fed).emitted]
        assert encoded(said) == encoded(self.said)
        assert again.dump() == self.fold.dump()
        assert {(row.topic, row.key): row for row in again.rows()} == self.table

    # --- orders ---------------------------------------------------------------------------------------------

    def has_orders(self) -> bool:
        return bool(self.lines())

    def some_order(self, data: st.DataObject) -> str:
        """A known order, mostly one of which something is open."""
        known = sorted({row.order_id for row in self.lines()})
        still_open = sorted({row.order_id for row in self.lines() if row.allocated or row.backordered})
        return data.draw(st.sampled_from(still_open * 4 + known or ORDERS), label="order")

    def some_id(self, data: st.DataObject, prefix: str) -> str:
        """Mostly a new one."""
        return f"{prefix}{self.events if data.draw(chance) else data.draw(st.integers(0, self.events))}"

    def accepted_of(self, kind: type[Any]) -> list[Any]:
        return [each for each in self.accepted if isinstance(each, kind)]

    def some_line(self, data: st.DataObject, order_id: str, wanted: str = "ordered") -> Any:
        """A line of the order, with a figure that is not 0 if there is one; rarely one that is not there."""
        rows = [row for row in self.lines() if row.order_id == order_id]
        rows = [row for row in rows if getattr(row, wanted)] or rows
        rare = data.draw(chance, label="any line") == 0
        return None if rare or not rows else data.draw(st.sampled_from(rows), label="line")

    def order_line(self, data: st.DataObject, number: int) -> e.OrderLine:
        return e.OrderLine(
            line=number,
            sku=data.draw(skus),
            quantity=data.draw(units),
            location=data.draw(maybe_place),
            required_by=data.draw(dates),
            priority=data.draw(st.sampled_from([None, None, None, 1, 5, 9])),
            backorder=data.draw(st.sampled_from(["allow", "allow", "allow", "deny"])),
        )

    @rule(data=st.data())
    def place(self, data: st.DataObject) -> None:
        self._place(data)

    @rule(data=st.data())
    def place_another(self, data: st.DataObject) -> None:
        """Orders are what all the rest is about, so they come twice as often."""
        self._place(data)

    def _place(self, data: st.DataObject) -> None:
        unused = sorted(set(ORDERS) - {row.order_id for row in self.lines()})
        order_id = data.draw(st.sampled_from(unused * 9 + ORDERS), label="order")
        lines = [self.order_line(data, number) for number in range(1, 1 + data.draw(line_numbers))]
        if data.draw(chance) == 0:
            lines = [msgspec.structs.replace(each, backorder="deny") for each in lines]
        priority, required_by = data.draw(st.integers(4, 6)), data.draw(dates)
        self.happen(data, e.OrderPlaced(order_id, lines, priority=priority, required_by=required_by))

    @precondition(has_orders)
    @rule(data=st.data())
    def amend(self, data: st.DataObject) -> None:
        order_id = self.some_order(data)
        # Down and up at once in small steps: the new units queue behind the open step, the model's do not.
        most = 1 if self.compares and self.step_lines < 10 else 3
        lines = []
        for number in data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=most, unique=True)):
            row = next((row for row in self.lines() if (row.order_id, row.line) == (order_id, number)), None)
            if row is None:
                full = self.order_line(data, number)
                lines.append(e.AmendedLine(*(getattr(full, name) for name in AMENDED)))
            else:
                wanted = row.ordered - row.cancelled + data.draw(st.integers(-4, 4))
                lines.append(e.AmendedLine(number, max(0, wanted)))
        if data.draw(chance) == 0:
            lines[-1] = msgspec.structs.replace(lines[-1], sku=None)
        self.happen(data, e.OrderAmended(order_id, lines))

    @precondition(has_orders)
    @rule(data=st.data())
    def reschedule(self, data: st.DataObject) -> None:
        order_id = self.some_order(data)
        fields: dict[str, Any] = {}
        if data.draw(st.booleans()):
            fields["priority"] = data.draw(st.integers(1, 9))
        if data.draw(st.booleans()):
            fields["required_by"] = data.draw(dates)
        if data.draw(st.booleans()):
            row = self.some_line(data, order_id, "backordered")
            own: dict[str, Any] = {"location": data.draw(maybe_place)}
            if data.draw(st.booleans()):
                own = {"priority": data.draw(st.sampled_from([None, 1, 9])), "required_by": data.draw(dates)}
            fields["lines"] = [e.RescheduledLine(row.line if row else 3, **own)]
        self.happen(data, e.OrderRescheduled(order_id, **fields))

    @precondition(has_orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order_id = self.some_order(data)
        if data.draw(chance) < 2:
            order_id = data.draw(st.sampled_from(ORDERS), label="order")
        lines = None
        if data.draw(chance) < 7:
            row = self.some_line(data, order_id)
            lines = [e.CancelledLine(row.line if row else 3, data.draw(st.none() | few))]
        self.happen(data, e.OrderCancelled(order_id, "customer", lines))

    @precondition(has_orders)
    @rule(data=st.data())
    def pick(self, data: st.DataObject) -> None:
        order_id = self.some_order(data)
        row = self.some_line(data, order_id, "allocated")
        if row is None or not row.allocations:
            lines = [e.PickedLine(row.line if row else 3, data.draw(few), data.draw(places))]
        else:
            lines = [
                e.PickedLine(row.line, data.draw(st.integers(1, min(6, each.quantity))), each.location)
                for each in row.allocations
                if data.draw(chance) > 1
            ]
        if lines:
            self.happen(data, e.OrderPicked(order_id, lines))

    @precondition(lambda self: any(row.picked for row in self.lines()))
    @rule(data=st.data())
    def unpick(self, data: st.DataObject) -> None:
        picked = [row for row in self.lines() if row.picked]
        row = data.draw(st.sampled_from(picked))
        place = data.draw(st.sampled_from(row.allocations)).location
        part = e.PickedLine(row.line, -data.draw(st.integers(1, min(6, row.picked))), place)
        self.happen(data, e.OrderPicked(row.order_id, [part]))

    @precondition(lambda self: any(row.allocations for row in self.lines()))
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        """What is allocated, or some of it."""
        row = data.draw(st.sampled_from([row for row in self.lines() if row.allocations]), label="line")
        parts = [
            e.ShippedLine(row.line, data.draw(st.integers(1, each.quantity)), each.location)
            for each in row.allocations
        ]
        self._ship(data, row.order_id, parts)

    @precondition(has_orders)
    @rule(data=st.data())
    def ship_something_else(self, data: st.DataObject) -> None:
        """What waits, was withdrawn, is cancelled, or was never ordered: it may have left all the same."""
        order_id = self.some_order(data)
        row = self.some_line(data, order_id)
        number, most = (row.line, row.ordered + 1) if row else (3, 3)
        quantities = few | st.integers(max(1, most - 3), most) | st.integers(1, most)
        lots = st.tuples(quantities, places)
        drawn = data.draw(st.lists(lots, min_size=1, max_size=2, unique_by=lambda lot: lot[1]))
        self._ship(data, order_id, [e.ShippedLine(number, *lot) for lot in drawn])

    def _ship(self, data: st.DataObject, order_id: str, parts: list[e.ShippedLine]) -> None:
        remainder = data.draw(st.sampled_from(["keep", "keep", "keep", "close"]))
        force = data.draw(st.sampled_from([True, True, False]))
        self.happen(data, e.OrderShipped(order_id, self.some_id(data, "S"), parts, remainder, force))

    @precondition(lambda self: self.accepted_of(e.OrderShipped))
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        shipped = data.draw(st.sampled_from(self.accepted_of(e.OrderShipped)))
        order_id = self.some_order(data) if not data.draw(chance) else shipped.order_id
        self.happen(data, e.OrderShipmentVoided(order_id, shipped.shipment_id))

    # --- goods ----------------------------------------------------------------------------------------------

    @rule(data=st.data(), sku=skus, place=places, quantity=st.just(0) | units)
    def count(self, data: st.DataObject, sku: str, place: str, quantity: int) -> None:
        ago = st.just(0) | st.integers(-100, 9_000) | st.integers(0, 9 * 86_400)
        as_of = self.now - timedelta(seconds=data.draw(ago, label="seconds ago"))
        self.happen(data, e.StockCounted(sku, place, quantity, "on_hand", as_of))

    def some_stock(self, data: st.DataObject) -> tuple[str, str]:
        """SKU and location, mostly of a row with something on hand."""
        rows = [row for row in self.seen["stock"] if row.on_hand > 0]
        if not rows or not data.draw(chance):
            return data.draw(skus), data.draw(places)
        row = data.draw(st.sampled_from(rows), label="stock")
        return row.sku, row.location

    @rule(
        data=st.data(),
        quantity=few,
        sign=st.sampled_from([1, -1, -1, -1]),
        condition=st.sampled_from(["sellable", "sellable", "unavailable"]),
    )
    def adjust(self, data: st.DataObject, quantity: int, sign: int, condition: str) -> None:
        adjusted = e.StockAdjusted(*self.some_stock(data), sign * quantity, "adjustment", condition)
        self.happen(data, adjusted)

    @rule(data=st.data(), quantity=few, spoils=st.booleans())
    def change_condition(self, data: st.DataObject, quantity: int, spoils: bool) -> None:
        conditions = ("sellable", "unavailable") if spoils else ("unavailable", "sellable")
        self.happen(data, e.StockConditionChanged(*self.some_stock(data), quantity, *conditions, "check"))

    @rule(
        data=st.data(),
        sku=skus,
        place=places,
        quantity=few,
        condition=st.sampled_from(["sellable", "unavailable"]),
    )
    def take_back(self, data: st.DataObject, sku: str, place: str, quantity: int, condition: str) -> None:
        self.happen(data, e.StockReturned(sku, place, quantity, condition))

    @rule(data=st.data(), sku=skus, policies=policies)
    def configure(self, data: st.DataObject, sku: str, policies: dict[str, Any]) -> None:
        self.happen(data, e.ItemConfigured(sku, **policies))

    @rule(data=st.data(), purchase_id=st.sampled_from(PURCHASES))
    def buy(self, data: st.DataObject, purchase_id: str) -> None:
        lines = []
        for number in range(1, 1 + data.draw(line_numbers)):
            sku, peg = data.draw(skus), None
            if data.draw(st.booleans()):
                row = self.some_line(data, self.some_order(data), "backordered")
                peg = e.Pegged(row.order_id, row.line) if row else e.Pegged("O0", 3)
                sku = row.sku if row and data.draw(chance) else sku
            place, quantity = data.draw(places), data.draw(units)
            lines.append(e.PurchasedLine(number, sku, place, quantity, None, peg))
        self.happen(data, e.PurchasePlaced(purchase_id, "supplier", lines))

    @precondition(lambda self: self.accepted_of(e.PurchasePlaced))
    @rule(
        data=st.data(), purchase_id=st.sampled_from(PURCHASES), number=line_numbers, quantity=st.none() | few
    )
    def change_purchase(
        self, data: st.DataObject, purchase_id: str, number: int, quantity: int | None
    ) -> None:
        changed = e.ChangedPurchaseLine(number, quantity, expected_at=self.now)
        self.happen(data, e.PurchaseChanged(purchase_id, [changed]))

    @precondition(lambda self: self.accepted_of(e.PurchasePlaced))
    @rule(data=st.data(), purchase_id=st.sampled_from(PURCHASES), number=st.none() | line_numbers)
    def cancel_purchase(self, data: st.DataObject, purchase_id: str, number: int | None) -> None:
        lines = None if number is None else [e.CancelledPurchaseLine(number)]
        self.happen(data, e.PurchaseCancelled(purchase_id, lines))

    @rule(data=st.data())
    def receive(self, data: st.DataObject) -> None:
        placed = data.draw(st.sampled_from([None, *self.accepted_of(e.PurchasePlaced)]))
        bought = {line.line: line for line in placed.lines} if placed else {}
        lines = []
        for _ in range(data.draw(st.integers(1, 2))):
            number = (
                data.draw(st.sampled_from([None, *bought])) if bought else data.draw(st.none() | line_numbers)
            )
            known = bought.get(number) if data.draw(chance) else None
            sku = known.sku if known else data.draw(skus)
            place = known.location if known else data.draw(places)
            lines.append(
                e.ReceivedLine(
                    sku,
                    place,
                    data.draw(st.just(0) | few),
                    line=number,
                    rejected=data.draw(st.integers(0, 1)),
                    final=data.draw(chance) == 0,
                    condition=data.draw(st.sampled_from(["sellable"] * 4 + ["unavailable"])),
                )
            )
        purchase_id = placed.purchase_order_id if placed else data.draw(st.sampled_from([None, "P0"]))
        self.happen(data, e.GoodsReceived(self.some_id(data, "R"), lines, purchase_id))

    @precondition(lambda self: self.accepted_of(e.GoodsReceived))
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        received = data.draw(st.sampled_from(self.accepted_of(e.GoodsReceived)))
        self.happen(data, e.GoodsReceiptReversed(received.receipt_id, "wrong", received.purchase_order_id))

    # --- the rest -------------------------------------------------------------------------------------------

    @rule(data=st.data(), what=st.sampled_from(UNKNOWN))
    def name_what_is_not_known(self, data: st.DataObject, what: e.Event) -> None:
        self.happen(data, what)

    @rule(data=st.data(), what=st.sampled_from(UNSUPPORTED))
    def use_what_is_not_there_yet(self, data: st.DataObject, what: e.Event) -> None:
        self.happen(data, what, supported=False)

    @rule(hours=st.sampled_from([1, 24, 80, 80]))
    def tick(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.feed(e.ClockTicked())

    @rule(data=st.data())
    def change_rules(self, data: st.DataObject) -> None:
        self.step_lines = data.draw(st.sampled_from(self.step_sizes))
        changed = {"step_lines": self.step_lines, "closed_retention_days": RETENTION_DAYS}
        self.feed(e.RulesChanged(RULES_VERSION, changed))


class InterleavedMachine(DomainMachine):
    """Other events come between the parts of a big step: the naive model has no word for that."""

    step_sizes: ClassVar = [1, 1, 2, 3]
    compares = False

    @precondition(lambda self: self.pending)
    @rule()
    def go_on(self) -> None:
        self._fold(self.pending.pop(0))


TestTheFoldAgreesWithTheNaiveModel = DomainMachine.TestCase
TestTheFoldAgreesWithTheNaiveModel.settings = PROFILE
TestOtherEventsComeBetweenThePartsOfABigStep = InterleavedMachine.TestCase
TestOtherEventsComeBetweenThePartsOfABigStep.settings = PROFILE
