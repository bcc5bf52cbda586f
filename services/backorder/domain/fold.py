"""The fold of one journal partition: entry by entry, state and decisions.

Everything in a pool is decided here, in the order of the journal. Whatever is true of the state follows from
the log alone: no clock, no randomness, no input or output.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from backorder.domain import (
    announcing,
    changing,
    complete,
    completing,
    events,
    giving_up,
    holds,
    horizon,
    inventory,
    keeping,
    net_counts,
    notices,
    payments,
    placing,
    promises,
    receiving,
    requesting,
    shipping,
    transfers,
    transit,
)
from backorder.domain import decisions as d
from backorder.domain.agenda import Agenda, Due, Kind
from backorder.domain.events import Entry
from backorder.domain.forgetting import Calendar
from backorder.domain.pool import Pool
from backorder.domain.records import Order, PartitionHead
from backorder.domain.releasing import release_allocated, say_withdrawals
from backorder.domain.replenishment import suggest_replenishment
from backorder.domain.rows import availability, availability_row, line_row, stock_row
from backorder.domain.settings import RULES_VERSION, NewerRules, Settings
from backorder.domain.settle import settle, settle_sku
from backorder.domain.sku import Sku
from backorder.domain.step import Rejected, Step, begin
from backorder.domain.table import Table
from backorder.domain.times import DAY, at, micros

_HANDLERS: dict[type[Any], Callable[[Step, Any], None]] = {
    events.OrderPlaced: placing.place_order,
    events.OrderAmended: changing.amend_order,
    events.OrderRescheduled: changing.reschedule_order,
    events.OrderCancelled: changing.cancel_order,
    events.OrderHeld: keeping.hold_order,
    events.OrderResumed: keeping.resume_order,
    events.OrderPaymentChanged: payments.change_payment,
    events.OrderPicked: changing.pick_order,
    events.OrderShipped: shipping.ship_order,
    events.OrderShipmentVoided: shipping.void_shipment,
    events.StockCounted: inventory.count_stock,
    events.StockAdjusted: inventory.adjust_stock,
    events.StockConditionChanged: inventory.change_condition,
    events.StockReturned: inventory.take_return,
    events.StockTransferred: transfers.transfer_stock,
    events.StockHeld: holds.hold_stock,
    events.StockHoldEnded: holds.give_back,
    events.ItemConfigured: inventory.configure_item,
    events.ReleaseRequested: requesting.request_release,
    events.PurchasePlaced: receiving.place_purchase,
    events.PurchaseChanged: receiving.change_purchase,
    events.PurchaseCancelled: receiving.cancel_purchase,
    events.ShipmentAnnounced: announcing.announce_shipment,
    events.GoodsReceived: receiving.receive_goods,
    events.GoodsReceiptReversed: receiving.reverse_receipt,
}

_DATES: dict[str, Kind] = {
    horizon.NAME: horizon.KIND,
    "cancel_after": Kind("line", giving_up.cancel_date, giving_up.cancel_waiting),
    "lead_time": Kind("line", promises.lead_time_date, promises.lead_time_is_over),
    "payment_ending": Kind("order", payments.ending_date, payments.near_the_end),
    "payment_expires": Kind("order", payments.expiry_date, payments.expire),
    "payment_grace": Kind("order", payments.grace_date, payments.end_grace),
    "patience": Kind("order", complete.patience_date, completing.lose_patience),
    "hold": Kind("hold", holds.ends, holds.expire),
    "still_waiting": Kind("line", notices.still_waiting_date, notices.say_still_waiting),
    "supply": Kind("purchase_line", announcing.next_date, announcing.slip),
    "transit": Kind("transfer", transit.next_date, transit.slip),
    "walk": Kind("plan", promises.walk_date, promises.go_on),
}
"""What can fall due, by the name of its date."""


_CLOCK = "/backorder/clock"
"""The source of what falls due."""

_read_key = msgspec.json.Decoder(tuple[Any, ...]).decode

PARTITION_KEY = b'["partition"]'
"""Changelog key of the partition's clock and rules; the others are `[kind, pool, ...]`."""

RowData = d.LineChanged | d.StockLevel | d.AvailabilityChanged


class Outcome(Struct, frozen=True):
    """What one entry led to: decisions in order, the entries by which a big event goes on, and the lines of
    the order that it placed.

    The entries are appended to the journal under the same key, in the same transaction. They and the
    decisions may be of other pools than the entry: a tick lets happen whatever is due in its partition.
    """

    emitted: list[d.Emitted]
    continued: list[Entry]
    placed: list[d.Placed] = []


class Row(Struct, frozen=True):
    """A table row to publish. `data` None is a tombstone; `cause` the entry that last changed it."""

    topic: str
    type: str
    key: str
    partition_key: str
    id: str
    pool: str
    cause: Entry
    data: RowData | None


class Fold:
    """Clock, rules and pools of one journal partition."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._default = settings or Settings()
        self._head: Table[PartitionHead] = Table("partition", PartitionHead, {})
        self._read_head()
        self.pools: dict[str, Pool] = {}
        self._calendars: dict[str, Calendar] = {}
        self._agendas: dict[str, Agenda] = {}
        # A partition may hold thousands of pools; a batch concerns a few.
        self._touched: dict[str, Pool] = {}
        self._row_causes: dict[tuple[str, str, tuple[Any, ...]], tuple[Entry, str]] = {}

    # --- the clock and the rules ----------------------------------------------------------------------------

    def _read_head(self) -> None:
        head = self._head.get(())
        self.clock = 0 if head is None else head.clock
        """Microseconds since 1970; 0 before the first tick."""
        self.rules_version = RULES_VERSION if head is None else head.rules_version
        _require_known_rules(self.rules_version)
        self.settings = self._default if head is None else msgspec.convert(head.settings, Settings)

    def _edit_head(self) -> PartitionHead:
        if self._head.get(()) is None:
            return self._head.add((), PartitionHead(settings=msgspec.to_builtins(self._default)))
        return self._head.edit(())

    # --- folding --------------------------------------------------------------------------------------------

    def apply(self, entry: Entry) -> Outcome:
        """Folds one entry. An event that makes no sense is a decision, not an error."""
        event = entry.event
        if type(event) in _HANDLERS or isinstance(event, events.Continued):
            return self._apply_to_pool(entry)
        if isinstance(event, events.ClockTicked):
            return self._tick(entry)
        if isinstance(event, events.RulesChanged):
            self._change_rules(event)
        return Outcome([], [])  # a skip says something about the log only

    def _apply_to_pool(self, entry: Entry) -> Outcome:
        event = entry.event
        pool = self._touched[entry.pool] = self._pool(entry.pool)
        before = None
        if self._agendas[entry.pool].first <= self.clock:
            # An event may have set a date that was past already: a late one, say.
            before = self._let_happen([entry.pool])
        step = begin(pool, entry, self.clock, self.settings)
        try:
            if isinstance(event, events.Continued):
                _go_on(step, event)
            else:
                _HANDLERS[type(event)](step, event)
                settle(step)
        except Rejected as rejected:
            step.reject(rejected.reason, rejected.detail)
        outcome = self._end(step)
        if before is None:
            return outcome
        continued = before.continued + outcome.continued
        return Outcome(before.emitted + outcome.emitted, continued, outcome.placed)

    def _pool(self, name: str) -> Pool:
        found = self.pools.get(name)
        if found is None:
            found = Pool(name)
            self._calendars[name] = Calendar(found)
            self._agendas[name] = Agenda(found, _DATES)
            self.pools[name] = found  # last: else a failure in between would leave one without dates
        return found

    def _tick(self, entry: Entry) -> Outcome:
        time = micros(entry.time)
        if time <= self.clock:
            return Outcome([], [])
        first = self.clock == 0
        self._edit_head().clock = self.clock = time
        outcome = self._let_happen([name for name, agenda in self._agendas.items() if agenda.first <= time])
        self._forget(entry, first)
        return outcome

    def _let_happen(self, pools: Iterable[str]) -> Outcome:
        """What is due in these pools by the clock happens, in the order in which it fell due."""
        outcome = Outcome([], [])
        due = []
        for name in pools:
            self._touched[name] = self.pools[name]
            due.append((self._agendas[name].first, name))
        heapq.heapify(due)
        while due:
            _, name = heapq.heappop(due)
            taken = self._agendas[name].next(self.clock)
            if taken is not None:
                happened = self._fall_due(name, taken)
                outcome.emitted.extend(happened.emitted)
                outcome.continued.extend(happened.continued)
                heapq.heappush(due, (self._agendas[name].first, name))
        return outcome

    def _fall_due(self, name: str, due: Due) -> Outcome:
        pool = self.pools[name]
        head = pool.heads.get(())
        time = at(due.at if head is None else max(due.at, head.last_event))
        cause = due.cause or f"clock:{time.isoformat()}"
        entry = Entry(events.JOURNAL_VERSION, name, cause, _CLOCK, time, events.ClockTicked())
        step = begin(pool, entry, self.clock, self.settings)
        self._agendas[name].act(step, due)
        settle(step)
        return self._end(step)

    def _forget(self, entry: Entry, first: bool) -> None:
        time = self.clock
        until = time - self.settings.closed_retention_days * DAY
        due = [name for name, calendar in self._calendars.items() if first or calendar.first <= until]
        # By name: after a restore the pools are in another order.
        for name in sorted(due):
            self._touched[name] = self.pools[name]
            if first:
                self._calendars[name].date_undated(time)
            for line in self._calendars[name].forget(until):
                self._row_causes["lines", name, (line.order_id, line.line)] = (entry, line.sku)

    def _change_rules(self, event: events.RulesChanged) -> None:
        _require_known_rules(event.rules_version)
        head = self._edit_head()
        head.rules_version = event.rules_version
        head.settings = {**msgspec.to_builtins(self._default), **event.settings}
        self._read_head()

    def _end(self, step: Step) -> Outcome:
        """Releases, versions, availability: what every event ends with."""
        pool = step.pool
        for order in pool.edited_orders():
            if order.ship == complete.COMPLETE:
                completing.look_after(step, order)
            if order.payment is not None:
                payments.look_after(step, order)
            _close_or_open(step, order)
        lines = pool.edited_lines()
        say_withdrawals(step)
        release_allocated(step, lines)
        promises.keep_promises(step, lines)
        lines = pool.edited_lines()
        for line in lines:
            pool.drop_empty_claims(line)
            line.version += 1
            line.changed_at = step.time
            line.position = pool.wanted(line).position(line) if line.waiting else None
            self._row_causes["lines", pool.name, (line.order_id, line.line)] = (step.entry, line.sku)
        net_counts.remember(step)
        for row in pool.edited_rows():
            row.version += 1
            row.as_of = step.time
            self._row_causes["stock", pool.name, (row.sku, row.location)] = (step.entry, row.sku)
        for name in step.skus:
            sku = pool.sku(name)
            self._alarm_shortfalls(step, sku)
            self._update_availability(step, sku)
            for kit in sku.kits:
                if kit.is_current and kit.name not in step.skus:
                    self._update_availability(step, pool.sku(kit.name))
            if sku.item.reorder is not None or sku.item.reorder_at:
                suggest_replenishment(step, name)
        notices.say_notices(step)
        for kind, key in step.closed:
            self._calendars[pool.name].note(kind, key)
        for kind, key in step.dated:
            self._agendas[pool.name].note(kind, key)
        step.head.last_event = step.time
        pool.end_event()
        return Outcome(step.emitted, _continuations(step), step.placed)

    def _alarm_shortfalls(self, step: Step, sku: Sku) -> None:
        """Reports what became short; in the middle of a big step nobody knows yet what will be."""
        if sku.unsettled:
            return
        for location, row in sku.rows.items():
            short = row.shortfall
            if short == row.alarmed:
                continue
            if short > row.alarmed:
                figures = {"allocated": row.allocated, "on_hand": row.on_hand, "picked": row.picked}
                step.discrepancy(row.sku, location, "shortfall", short, figures)
            step.pool.stock.edit((row.sku, location)).alarmed = short

    def _update_availability(self, step: Step, sku: Sku) -> None:
        item = sku.item
        if item.components:
            kit = step.pool.kit(item.sku, item.components)
            state, sellable = availability(kit)
            expected_at = promises.kit_expected_at(step.pool, kit)
        else:
            state, sellable = availability(sku)
            plan = step.pool.plans.get((item.sku,))
            expected_at = None if plan is None else plan.expected_at
        now = (state, sellable, expected_at, item.lead_time_days)
        if item.version and (item.state, item.sellable, item.expected_at, item.lead_time_said) == now:
            return
        item = step.pool.edit_item(item.sku)
        item.state, item.sellable, item.expected_at, item.lead_time_said = now
        item.version += 1
        self._row_causes["availability", step.pool.name, (item.sku,)] = (step.entry, item.sku)

    # --- what to publish ------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Row]:
        """The table rows changed since the last commit, each once, as they are now."""
        for (topic, name, key), (cause, sku) in self._row_causes.items():
            pool = self.pools[name]
            data: RowData | None
            version = 0
            if topic == "lines":
                line = pool.lines.get(key)
                type_, data = d.LineChanged.TYPE, None
                if line is not None:
                    version, data = line.version, line_row(name, line)
            elif topic == "stock":
                row = pool.stock.rows[key]
                type_, version, data = d.StockLevel.TYPE, row.version, stock_row(name, row)
            else:
                item = pool.items.rows[key]
                type_, version, data = d.AvailabilityChanged.TYPE, item.version, availability_row(name, item)
            text = _json([name, *key])
            partition_key = pool.sku(sku).partition_key
            yield Row(topic, type_, text, partition_key, f"{topic}/{text}/{version}", name, cause, data)

    # --- the batch ------------------------------------------------------------------------------------------

    def changes(self) -> Iterator[tuple[bytes, bytes | None]]:
        """Changelog records (key, value; None = gone) of all that changed since the last commit."""
        for _, value in self._head.changes():
            yield PARTITION_KEY, value
        for pool in self._touched.values():
            yield from pool.changes()

    def touched(self) -> Iterable[Pool]:
        """The pools that something happened in since the last commit."""
        return self._touched.values()

    def commit(self) -> None:
        """Makes the present state the one that `rollback` returns to."""
        self._head.commit()
        for name, pool in self._touched.items():
            pool.commit()
            self._calendars[name].commit()
            self._agendas[name].commit()
        self._touched.clear()
        self._row_causes.clear()

    def rollback(self) -> None:
        """Back to the last commit, undoing exactly what was touched since."""
        self._head.rollback()
        self._read_head()
        for name, pool in self._touched.items():
            pool.rollback()
            self._calendars[name].rollback()
            self._agendas[name].rollback()
        self._touched.clear()
        self._row_causes.clear()

    def load(self, records: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Takes changelog records, before any `apply`; the last one of a key holds."""
        for key, value in records:
            if key == PARTITION_KEY:
                self._head.load((), value)
                continue
            words = _read_key(key)
            self._pool(words[1]).tables[words[0]].load(words[2:], value)

    def loaded(self) -> None:
        """To be called once when all changelog records are loaded."""
        self._read_head()
        for name, pool in self.pools.items():
            pool.loaded()
            complete.watch_all(pool)
            self._calendars[name].note_all()
            self._agendas[name].note_all()

    def dump(self) -> dict[bytes, bytes]:
        """The whole state as changelog records."""
        records: dict[bytes, bytes] = {}
        for _, value in self._head.dump():
            records[PARTITION_KEY] = value
        for pool in self.pools.values():
            records.update(pool.dump())
        return records


def _require_known_rules(version: int) -> None:
    if version > RULES_VERSION:
        raise NewerRules(
            f"the journal asks for rules version {version}, this program has {RULES_VERSION}:"
            " start a newer one"
        )


def _go_on(step: Step, event: events.Continued) -> None:
    """The next part of a big event."""
    if event.request is not None:
        requesting.go_on(step, event.request)
        settle(step)
    else:
        step.touch(event.sku)
        settle_sku(step, event.sku)


def _close_or_open(step: Step, order: Order) -> None:
    open_now = step.pool.is_open(order)
    if open_now != (order.closed_at is None):
        key = (order.order_id,)
        step.pool.orders.edit(key).closed_at = None if open_now else step.clock
        if not open_now:
            step.closed.append(("order", key))


def _continuations(step: Step) -> list[Entry]:
    entries = []
    for sku in step.unsettled:
        entries.append(_continuation(step, sku))
    for rest in step.unfinished:
        entries.append(_continuation(step, rest.sku, rest))
    return entries


def _continuation(step: Step, sku: str, request: events.ReleaseRequested | None = None) -> Entry:
    return Entry(
        version=events.JOURNAL_VERSION,
        pool=step.pool.name,
        id=step.entry.id,
        source=step.entry.source,
        time=step.entry.time,
        event=events.Continued(sku, request),
        traceparent=step.entry.traceparent,
    )


def _json(value: list[Any]) -> str:
    return msgspec.json.encode(value).decode()
