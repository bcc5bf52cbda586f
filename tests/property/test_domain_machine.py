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
from hypothesis.stateful import initialize, rule

from backorder.domain import events as e
from backorder.domain import movements
from backorder.domain.decisions import EventRejected
from backorder.domain.fold import Fold
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations
from backorder.domain.settings import RULES_VERSION, Settings
from tests.support.happenings import POOL, chance
from tests.support.naive_model import NaiveModel
from tests.support.random_trade import RandomTrade
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


def agree(fold: dict[Any, Any], model: dict[Any, Any]) -> None:
    """The same figures; what differs, and only that, is in the message."""
    keys = fold.keys() | model.keys()
    differs = {key: (fold.get(key), model.get(key)) for key in keys if fold.get(key) != model.get(key)}
    assert not differs, "".join(
        f"\n{key}\n  fold  {ours}\n  model {its}" for key, (ours, its) in differs.items()
    )


def encoded(decisions: list[Any]) -> bytes:
    return msgspec.json.encode([(type(each.decision).__name__, each) for each in decisions])


class DomainMachine(RandomTrade):
    """Feeds a fold what the trade does, checks it, and keeps the journal."""

    step_sizes: ClassVar = [1, 2, 3, 1000, 1000, 1000]
    compares = True
    """Whether big steps are finished before the next event, so that the naive model can follow."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.journal: list[e.Entry] = []
        self.said: list[Any] = []
        self.accepted: list[e.Entry] = []
        self.pending: list[e.Entry] = []
        self.history = History()
        self.naive = NaiveModel(RETENTION_DAYS)
        self.table: dict[tuple[str, str], Any] = {}
        self.changelog: dict[bytes, bytes] = {}
        self.number = 0

    @initialize(data=st.data())
    def open_shop(self, data: st.DataObject) -> None:
        movements.CHUNK = data.draw(st.sampled_from([1, 2, 64]))  # packing must not show
        self.step_lines = data.draw(st.sampled_from(self.step_sizes))
        self.settings = Settings(closed_retention_days=RETENTION_DAYS, step_lines=self.step_lines)
        self.fold = Fold(self.settings)
        self.look()
        self._remember()
        self.open_trade(data)

    # --- feeding and checking -------------------------------------------------------------------------------

    def feed(self, what: e.Event, time: Any = None, supported: bool = True) -> None:
        self.number += 1
        everywhere = isinstance(what, e.ClockTicked | e.RulesChanged)
        fed = entry(what, time or self.now, self.number, "" if everywhere else POOL)
        rejected = self._fold(fed)
        event(f"{e.type_name(what)}: {rejected or 'accepted'}")
        if rejected is None:
            self.accepted.append(fed)
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
        state = (self.now, self.pending, self.history, self.naive, self.number, self.step_lines)
        self.committed = pickle.dumps(state)
        self.committed_accepted = list(self.accepted)
        self.committed_length = len(self.journal), len(self.said)
        self.committed_dump = self.fold.dump()

    def end_batch(self, data: st.DataObject) -> None:
        ends = [self.commit] * 5 + [self.abort_and_repeat] * 3 + [self.restore] * 3 + [self.abort]
        data.draw(st.sampled_from(ends), label="end")()

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

    def abort_and_repeat(self) -> None:
        """A batch is rolled back and folded again: the same decisions, the same state."""
        entries, decisions = (self.journal[self.committed_length[0] :], self.said[self.committed_length[1] :])
        dump, rows = self.fold.dump(), self.rows()
        self._roll_back()
        again = [each for fed in entries for each in self.fold.apply(fed).emitted]
        assert encoded(again) == encoded(decisions)
        assert self.fold.dump() == dump
        assert self.rows() == rows

    def abort(self) -> None:
        """A batch is rolled back and something else happens instead."""
        self._roll_back()
        state = pickle.loads(self.committed)
        self.now, self.pending, self.history, self.naive, self.number, self.step_lines = state
        del self.journal[self.committed_length[0] :], self.said[self.committed_length[1] :]
        self.accepted = list(self.committed_accepted)
        self.check()

    def _roll_back(self) -> None:
        self.fold.rollback()
        assert self.fold.dump() == self.committed_dump
        assert not list(self.fold.rows())
        for pool in self.fold.pools.values():
            assert not violations(pool)

    def restore(self) -> None:
        """Another process takes over from the changelog."""
        self.commit()
        restored = Fold(self.settings)
        for key, value in sorted(self.changelog.items(), reverse=self.number % 2 == 1):
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

    # --- the rest -------------------------------------------------------------------------------------------

    def amend_as_far_as_compared(self, data: st.DataObject, what: e.OrderAmended) -> None:
        """In small steps what an amendment adds queues behind what it frees; the model has no steps."""
        lines = what.lines[:1] if self.compares and self.step_lines < 1000 else what.lines
        self.happen(data, e.OrderAmended(what.order_id, lines))

    def pass_time(self, data: st.DataObject) -> None:
        """A tick, or now and then new rules."""
        if data.draw(chance) < 7:
            self.now += timedelta(hours=data.draw(st.sampled_from([1, 24, 71, 72, 73])))
            self.feed(e.ClockTicked())
        else:
            self.step_lines = data.draw(st.sampled_from(self.step_sizes))
            changed = {"step_lines": self.step_lines, "closed_retention_days": RETENTION_DAYS}
            self.feed(e.RulesChanged(RULES_VERSION, changed))

    @rule(data=st.data())
    def next(self, data: st.DataObject) -> None:
        self.trade(data)


class InterleavedMachine(DomainMachine):
    """Other events come between the parts of a big step: the naive model has no word for that."""

    step_sizes: ClassVar = [1, 1, 2, 3]
    compares = False

    @rule(data=st.data(), parts=st.integers(0, 1))
    def next(self, data: st.DataObject, parts: int) -> None:
        for part in self.pending[:parts]:
            self.pending.remove(part)
            self._fold(part)
        self.trade(data)


TestTheFoldAgreesWithTheNaiveModel = DomainMachine.TestCase
TestTheFoldAgreesWithTheNaiveModel.settings = PROFILE
TestOtherEventsComeBetweenThePartsOfABigStep = InterleavedMachine.TestCase
TestOtherEventsComeBetweenThePartsOfABigStep.settings = PROFILE
