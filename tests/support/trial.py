"""A fold on trial: a random trade feeds it, and after every event it must stand every check there is.

The eight invariants; agreement with the naive model on every figure, read from the rows that the fold
publishes. In between, batches of any size are kept, aborted and repeated, or restored from the changelog. At
the end the whole journal is folded again, in one batch, and must say the same.
"""

import pickle
from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec

from backorder.domain import events as e
from backorder.domain.decisions import EventRejected, NoticeDue, ReplenishmentSuggested
from backorder.domain.fold import Fold
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations
from backorder.domain.pool import Pool
from backorder.domain.settings import RULES_VERSION, Settings
from tests.support.happenings import POOL
from tests.support.naive_model import NaiveModel
from tests.support.random_trade import RandomTrade
from tests.support.shop import MONDAY, entry

RETENTION_DAYS, STILL_WAITING_DAYS = 3, 2
LINE_FIGURES = """
    ordered allocated backordered released picked shipped cancelled location priority required_by accepted_at
    status opened_at waits_for promised_at
""".split()  # noqa: SIM905 - a list of words reads better than one of strings


class Trial(RandomTrade):
    """With `interleaves`, other events come between the parts of a big step. The naive model has no word for
    that, so it is compared only without."""

    def __init__(self, dice: Random, interleaves: bool = False) -> None:
        self.dice = dice
        self.compares = not interleaves
        self.step_sizes = [1, 1, 2, 3] if interleaves else [1, 2, 3, 1000, 1000, 1000]
        self.step_lines = dice.choice(self.step_sizes)
        # The naive model walks the whole queue at once; where it is not asked, walks go on with the clock.
        self.promise_lines = dice.choice([1, 2, 3]) if interleaves else 10**6
        self.settings = Settings(
            closed_retention_days=RETENTION_DAYS,
            step_lines=self.step_lines,
            promise_lines=self.promise_lines,
            still_waiting_days=STILL_WAITING_DAYS,
        )
        self.fold = Fold(self.settings)
        self.naive = NaiveModel(RETENTION_DAYS, STILL_WAITING_DAYS)
        self.history = History()
        self.now = self.clock = MONDAY
        self.journal: list[e.Entry] = []
        self.said: list[Any] = []
        self.accepted: list[e.Entry] = []
        self.pending: list[e.Entry] = []
        self.table: dict[tuple[str, str], Any] = {}
        self.changelog: dict[bytes, bytes] = {}
        self.outcomes: Counter[str] = Counter()
        self._look()
        self._remember()
        self.open_trade()

    # --- feeding --------------------------------------------------------------------------------------------

    @property
    def amends_both_ways(self) -> bool:
        """In small steps what an amendment adds queues behind what it frees; the naive model has no steps."""
        return not self.compares or self.step_lines == 1000

    def feed(self, what: e.Event, time: datetime | None = None) -> None:
        self.number += 1
        everywhere = isinstance(what, e.ClockTicked | e.RulesChanged)
        fed = entry(what, time or self.now, self.number, "" if everywhere else POOL)
        said_before = len(self.said)
        rejected = self._fold(fed)
        self.outcomes[f"{e.type_name(what)}: {rejected or 'accepted'}"] += 1
        if rejected is None:
            self.accepted.append(fed)
        if self.compares:
            self.finish_steps()
            if not isinstance(what, e.RulesChanged):
                self.naive.apply(fed)
                if self.step_lines == 1000:  # else each part of a big step tells of what it did
                    agree(notices(self.said[said_before:]), self.naive.notices)
                else:
                    self._take_over_what_is_told_once(self.said[said_before:])
        self._look()
        self.compare()

    def _take_over_what_is_told_once(self, said: list[Any]) -> None:
        """A part of a big step may have told that no supply is to come of units that a later part brought."""
        for order_id, number, kind, _ in notices(said):
            if kind == "discontinued":
                self.naive.orders[order_id].lines[number].told_gone = True

    def go_on(self) -> None:
        """The next part of a big step."""
        self._fold(self.pending.pop(0))

    def finish_steps(self) -> None:
        while self.pending:
            self.go_on()

    def _fold(self, fed: e.Entry) -> str | None:
        """Folds an entry, checks what its decisions show, and says for what reason it was rejected."""
        outcome = self.fold.apply(fed)
        self.journal.append(fed)
        self.said += outcome.emitted
        self.pending += outcome.continued
        broken = self.history.observe(outcome.emitted)
        if pool := self.fold.pools.get(POOL):
            broken += passed_over(pool, outcome.emitted) + violations(pool) + promised_apart(pool)
            if isinstance(fed.event, e.ClockTicked):
                self.history.keep_only(pool)
            broken += self.history.disagreements(pool)
        assert not broken, "\n".join(broken)
        reasons = [each.decision.reason for each in rejections(outcome.emitted)]
        assert len(reasons) <= 1, "an event is rejected for one reason"
        return reasons[0] if reasons else None

    def pass_time(self) -> None:
        """A tick, or now and then new rules.

        What falls due in one tick follows upon each other, before the rest of a big step: with small steps
        the naive model, which knows none, would say something else.
        """
        if self.once_in(4):
            self._make_steps_of(self.dice.choice(self.step_sizes))
            return
        if self.compares and self.step_lines < 1000:
            self._make_steps_of(1000)
        self.clock += timedelta(hours=self.dice.choice([1, 24, 72, 72, 73]))
        self.now = max(self.now, self.clock)
        self.feed(e.ClockTicked(), self.clock)

    def _make_steps_of(self, lines: int) -> None:
        # In small steps a line that is late for a count is filled from the queue, not at intake.
        nets = any(each.basis == "available" for each in self.of(e.StockCounted))
        self.step_lines = 1000 if nets and self.compares else lines
        changed = {"step_lines": self.step_lines, "closed_retention_days": RETENTION_DAYS}
        changed |= {"promise_lines": self.promise_lines, "still_waiting_days": STILL_WAITING_DAYS}
        self.feed(e.RulesChanged(RULES_VERSION, changed))

    # --- the rows, and what they must agree with ------------------------------------------------------------

    def rows(self) -> dict[tuple[str, str], Any]:
        """The last row of each key."""
        changed = {(row.topic, row.key): row for row in self.fold.rows()}
        assert all(row.data is not None or row.topic == "lines" for row in changed.values())
        return self.table | changed

    def _look(self) -> None:
        self.seen = {"lines": [], "stock": [], "availability": []}
        for row in self.rows().values():
            if row.data is not None:
                self.seen[row.topic].append(row.data)

    def compare(self) -> None:
        if not self.compares or POOL not in self.fold.pools:
            return
        agree(
            {(row.order_id, row.line): line_figures(row) for row in self.seen["lines"]},
            self.naive.line_rows(),
        )
        stock = {(row.sku, row.location): row for row in self.seen["stock"]}
        assert {key for key in stock if key[1] is not None} == set(self.naive.stock)
        for key in stock.keys() | self.naive.stock_rows().keys():
            figures = self.naive.stock_row(*key)
            agree({key: {name: getattr(stock[key], name) for name in figures}}, {key: figures})
        for row in self.seen["availability"]:
            agree({row.sku: (row.state, row.sellable)}, {row.sku: self.naive.availability(row.sku)})
            lead = self.naive.item(row.sku)["lead"].get(None)
            agree({row.sku: row.lead_time_days}, {row.sku: lead})
            agree({row.sku: row.expected_at}, {row.sku: self.naive.expected(row.sku)})
        agree(suggestions(self.said), Counter(said[:5] for said in self.naive.suggestions))
        reasons = {(each.decision.event_id, each.decision.reason) for each in rejections(self.said)}
        assert reasons == self.naive.rejected

    # --- batches --------------------------------------------------------------------------------------------

    def end_batch(self) -> None:
        ends = [self.commit] * 5 + [self.abort_and_repeat] * 3 + [self.restore] * 3 + [self.abort]
        self.dice.choice(ends)()

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

    def _remember(self) -> None:
        """What an abort goes back to."""
        self._committed = pickle.dumps(
            (self.now, self.clock, self.pending, self.history, self.naive, self.number, self.step_lines)
        )
        self._lengths = len(self.journal), len(self.said), len(self.accepted)
        self._dump = self.fold.dump()

    def abort_and_repeat(self) -> None:
        """A batch is rolled back and folded again: the same decisions, the same state, the same rows."""
        journal, said, _ = self._lengths
        dump, rows = self.fold.dump(), self.rows()
        self._roll_back()
        again = [each for fed in self.journal[journal:] for each in self.fold.apply(fed).emitted]
        assert encoded(again) == encoded(self.said[said:])
        assert self.fold.dump() == dump
        assert self.rows() == rows

    def abort(self) -> None:
        """A batch is rolled back, and other things happen instead."""
        self._roll_back()
        state = pickle.loads(self._committed)
        self.now, self.clock, self.pending, self.history, self.naive, self.number, self.step_lines = state
        for kept, length in zip((self.journal, self.said, self.accepted), self._lengths, strict=True):
            del kept[length:]
        self._look()
        self.compare()

    def _roll_back(self) -> None:
        self.fold.rollback()
        assert self.fold.dump() == self._dump
        assert not list(self.fold.rows())
        for pool in self.fold.pools.values():
            assert not violations(pool)

    def restore(self) -> None:
        """Another process takes over from the changelog, which it may read in any order of its keys."""
        self.commit()
        restored = Fold(self.settings)
        restored.load(self.dice.sample(sorted(self.changelog.items()), len(self.changelog)))
        restored.loaded()
        assert restored.dump() == self.changelog
        assert not list(restored.changes())
        self.fold = restored

    def close(self) -> None:
        """The whole journal in one batch: the same decisions, the same state, the same last rows."""
        self.finish_steps()
        self.commit()
        again = Fold(self.settings)
        said = [each for fed in self.journal for each in again.apply(fed).emitted]
        assert encoded(said) == encoded(self.said)
        assert again.dump() == self.fold.dump()
        assert {(row.topic, row.key): row for row in again.rows()} == self.table


def promised_apart(pool: Pool) -> list[str]:
    """Orders that ship complete, of which two lines that wait are promised different dates."""
    dates: dict[str, set[int | None]] = {}
    for line in pool.lines.rows.values():
        if line.waiting and pool.orders.rows[line.order_id,].ship == "complete":
            dates.setdefault(line.order_id, set()).add(line.promised_at)
    return [f"order {order_id} is promised {each}" for order_id, each in dates.items() if len(each) > 1]


def line_figures(row: Any) -> dict[str, Any]:
    figures = {name: getattr(row, name) for name in LINE_FIGURES}
    return figures | {"allocations": {each.location: each.quantity for each in row.allocations}}


def agree(fold: dict[Any, Any], model: dict[Any, Any]) -> None:
    """The same figures; what differs, and only that, is in the message."""
    keys = fold.keys() | model.keys()
    differs = {key: (fold.get(key), model.get(key)) for key in keys if fold.get(key) != model.get(key)}
    assert not differs, "".join(
        f"\n{key}\n  fold  {ours}\n  model {its}" for key, (ours, its) in differs.items()
    )


def encoded(decisions: list[Any]) -> bytes:
    return msgspec.json.encode([(type(each.decision).__name__, each) for each in decisions])


def suggestions(decisions: list[Any]) -> Counter[Any]:
    """All but what waits, which the parts of a big step see in different states."""
    said = [each.decision for each in decisions if isinstance(each.decision, ReplenishmentSuggested)]
    return Counter((s.sku, s.location, s.quantity, s.projected, s.reorder_point) for s in said)


def notices(decisions: list[Any]) -> Counter[Any]:
    said = [each.decision for each in decisions if isinstance(each.decision, NoticeDue)]
    # Of payments the naive model knows what follows, not what is said.
    said = [notice for notice in said if notice.kind != "reauthorize_payment"]
    return Counter((n.order_id, n.line, n.kind, n.quantity) for n in said)


def rejections(decisions: list[Any]) -> list[Any]:
    return [each for each in decisions if isinstance(each.decision, EventRejected)]
