"""A trading company that lives by the processor's decisions.

Its warehouse ships what is released and its buyers buy what is short, as the systems around a real processor
do. To know what is released and short, the company folds its own events with the processor's domain. That
keeps picks, shipments and receipts plausible however the trade goes; it proves nothing about the domain and
is not meant to.
"""

from datetime import datetime, timedelta
from random import Random

import msgspec

from backorder.domain.decisions import (
    BackorderOpened,
    Decision,
    ReleaseCreated,
    ReleaseWithdrawn,
    StockLevel,
)
from backorder.domain.events import JOURNAL_VERSION, PUBLIC_EVENTS, ClockTicked, Entry
from backorder.domain.fold import Fold
from backorder.domain.settings import Settings
from backorder.trade.agenda import Agenda
from backorder.trade.buyer import Buyer
from backorder.trade.event import TradeEvent
from backorder.trade.warehouse import Warehouse

MEMORY_DAYS = 14
"""Nobody here asks about an order that closed longer ago, so the company forgets it and stays small."""
A_DAY = timedelta(days=1)


class Company:
    """Everything but the customers: give it each event in order with `take`, and ask for what it does
    itself with `next_event`."""

    def __init__(self, pool: str, random: Random, locations: list[str]) -> None:
        self.agenda = Agenda()
        self.warehouse = Warehouse(pool, random, self.agenda)
        self.buyer = Buyer(pool, random, self.agenda, locations)
        self._fold = Fold(Settings(closed_retention_days=MEMORY_DAYS))
        self._ticked: datetime | None = None

    def next_event(self, now: datetime) -> TradeEvent | None:
        """What the company does by itself at `now`: the next event, or None when there is nothing to do."""
        return self.agenda.next_event(now)

    def take(self, event: TradeEvent, now: datetime) -> None:
        """Learns of an event, one of its own or of others. `now` is when it arrives, not its own time."""
        self._tick(now)
        self.buyer.sees(event, now)
        entries = [_entry(event)]
        for entry in entries:  # grows while a big event goes on in further steps
            outcome = self._fold.apply(entry)
            for emitted in outcome.emitted:
                self._hear(emitted.decision, now)
            entries += outcome.continued
        for row in self._fold.rows():
            if isinstance(row.data, StockLevel):
                self.warehouse.stock_changed(row.data)
                self.buyer.stock_changed(row.data, now)
        self._fold.commit()

    def knows_order(self, pool: str, order_id: str) -> bool:
        """Whether the order was placed, and is open or closed not long ago."""
        found = self._fold.pools.get(pool)
        return found is not None and found.orders.get((order_id,)) is not None

    def cancellable(self, pool: str, order_id: str, line: int) -> int:
        """Units of an order line that are neither picked, shipped nor cancelled."""
        found = self._fold.pools[pool].line(order_id, line)
        return 0 if found is None else found.open - found.picked

    def _hear(self, decision: Decision, now: datetime) -> None:
        if isinstance(decision, ReleaseCreated):
            self.warehouse.released(decision, now)
        elif isinstance(decision, ReleaseWithdrawn):
            self.warehouse.withdrawn(decision)
        elif isinstance(decision, BackorderOpened):
            self.buyer.waits(decision)

    def _tick(self, now: datetime) -> None:
        """Moves the clock once a day, so that what closed long ago is forgotten."""
        if self._ticked is None or now - self._ticked >= A_DAY:
            self._ticked = now
            self._fold.apply(Entry(JOURNAL_VERSION, "", "", "", now, ClockTicked()))


def _entry(event: TradeEvent) -> Entry:
    data = msgspec.convert(event.data, PUBLIC_EVENTS[event.type])
    return Entry(JOURNAL_VERSION, event.pool, event.id, event.source, event.time, data)
