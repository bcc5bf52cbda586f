"""What the metrics of the services should say, counted from the topics alone."""

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import NamedTuple

import msgspec

from backorder.contract.catalogue import load_catalogue
from backorder.contract.envelope import Limits
from backorder.contract.event_types import short_name
from backorder.domain.decisions import (
    BackorderClosed,
    BackorderOpened,
    Decision,
    EventRejected,
    LineRefused,
    OrderRefused,
)
from backorder.domain.events import ClockTicked, OrderPlaced, type_name
from backorder.domain.fold import Fold
from backorder.domain.pool import Pool
from backorder.domain.records import Line
from backorder.reconcile.ingest import Remembering, refold
from backorder.reconcile.journal import read_entry
from backorder.reconcile.kafka_log import KafkaLog

INPUTS = ("orders", "inventory", "receiving")
EDGES_S = (900, 3600, 14_400, 43_200, 86_400, 172_800, 259_200, 432_000, 604_800, 1_209_600, 2_592_000)
"""15m 1h 4h 12h 1d 2d 3d 5d 7d 14d 30d, as the issue has them."""

WORST_FIRST = ("waiting", "refused", "covered")

Where = tuple[str, str, str]
"""State, location, partition: the labels of the backlog gauges."""


class Open(NamedTuple):
    """One line in one state."""

    units: int
    since_us: int


class Recount:
    """Reads the public topics and the journal when it is made; the services have nothing left to do."""

    def __init__(self, bootstrap: str, topic_prefix: str) -> None:
        self.events: Counter[tuple[str, str, str]] = Counter()
        """By topic, type, outcome; ticks, which never end, are left out, and so are dead letters."""
        self.dead_letters: Counter[str] = Counter()
        self.placed: Counter[tuple[str, str]] = Counter()
        """Units, lines and orders that were placed, by what became of them at once."""
        self.waits: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds waited, by what closed the backorder."""
        self.open: defaultdict[Where, list[Open]] = defaultdict(list)
        catalogue = load_catalogue(prefix=topic_prefix)
        self._limits = Limits(topic_prefix=topic_prefix)
        self._name = catalogue.full_name
        self._log = KafkaLog(bootstrap, {}, [self._name(name) for name in (*INPUTS, "journal")])
        for topic in INPUTS:
            for partition in range(self._log.partitions(self._name(topic))):
                self._count_ingest(topic, partition)
        for partition in range(self._log.partitions(self._name("journal"))):
            self._count_journal(partition)

    def _count_ingest(self, topic: str, partition: int) -> None:
        records = self._log.read(self._name(topic), partition)
        for arrived in refold(topic, records, self._limits, Remembering(), cut=False):
            if arrived.reason is not None:
                self.dead_letters[arrived.reason] += 1
                continue
            kind = short_name(msgspec.json.decode(arrived.record.value or b"")["type"])
            self.events[topic, kind, "accepted" if arrived.entry else "duplicate"] += 1

    def _count_journal(self, partition: int) -> None:
        fold = Fold()
        for record in self._log.read(self._name("journal"), partition):
            entry = read_entry(record)
            decisions = [emitted.decision for emitted in fold.apply(entry).emitted]
            fold.commit()
            if not isinstance(entry.event, ClockTicked):
                rejected = any(isinstance(decision, EventRejected) for decision in decisions)
                outcome = "rejected" if rejected else "applied"
                self.events["journal", type_name(entry.event), outcome] += 1
            if isinstance(entry.event, OrderPlaced):
                self._count_placed(entry.event, decisions, fold.pools[entry.pool])
            for decision in decisions:
                if isinstance(decision, BackorderClosed):
                    self.waits[decision.outcome].append(decision.waited_seconds)
        for pool in fold.pools.values():
            for line in pool.lines.rows.values():
                self._count_line(line, str(partition))

    def _count_placed(self, order: OrderPlaced, decisions: list[Decision], pool: Pool) -> None:
        """By what was said of the order when it came."""
        known = pool.orders.get((order.order_id,))
        if known is None or any(isinstance(decision, EventRejected) for decision in decisions):
            return
        waits, refused = Counter[int](), Counter[int]()
        for said in decisions:
            if isinstance(said, BackorderOpened) and said.order_id == order.order_id:
                waits[said.line] += said.quantity
            elif isinstance(said, LineRefused):
                refused[said.line] += said.refused
            elif isinstance(said, OrderRefused):
                refused.update({line.line: line.refused for line in said.lines})
        lines = pool.lines_of(known)
        if all(line.cancelled == line.ordered and not refused[line.line] for line in lines):
            return  # it had been cancelled before it came
        for line in order.lines:
            units = {"waiting": waits[line.line], "refused": refused[line.line]}
            units["covered"] = line.quantity - units["waiting"] - units["refused"]
            for outcome, quantity in units.items():
                self.placed["units", outcome] += quantity
            self.placed["lines", next(outcome for outcome in WORST_FIRST if units[outcome])] += 1
        became = "waiting" if waits.total() else "refused" if refused.total() else "covered"
        self.placed["orders", became] += 1

    def _count_line(self, line: Line, partition: str) -> None:
        states = {
            "awaiting_stock": Open(line.waiting, line.opened_at or 0),
            "held" if line.kept else "releasable": Open(line.allocated - line.released, line.accepted_at),
            "released": Open(line.released, line.accepted_at),
        }
        for state, counted in states.items():
            if counted.units:
                self.open[state, line.location or "", partition].append(counted)

    def lines(self) -> dict[Where, float]:
        return {where: len(lines) for where, lines in self.open.items()}

    def units(self) -> dict[Where, float]:
        return {where: sum(line.units for line in lines) for where, lines in self.open.items()}

    def oldest(self) -> dict[Where, float]:
        return {where: min(line.since_us for line in lines) / 1e6 for where, lines in self.open.items()}

    def ages(self, now_s: float) -> dict[tuple[Where, float], int]:
        """How many lines are at most as old as each edge at this time, in whole minutes like the gauge."""
        found = {}
        for where, lines in self.open.items():
            minutes = sorted(int(now_s // 60) - line.since_us // 60_000_000 for line in lines)
            for edge in EDGES_S:
                found[where, float(edge)] = bisect_left(minutes, edge // 60 + 1)
        return found
