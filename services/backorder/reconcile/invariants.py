"""The invariants, followed while a journal partition is folded.

What the decisions tell is checked after every entry; what the state shows, at the end, and on the way each
time the number of entries has doubled, so that the cost stays in proportion to the log.
"""

from collections import defaultdict
from collections.abc import Iterator

from backorder.domain.decisions import Emitted
from backorder.domain.fold import Fold
from backorder.domain.history import History, passed_over
from backorder.domain.invariants import violations

_FIRST_LOOK = 1_000

# Whether somebody was passed over costs a look at every line. So many lines may be looked at for each entry;
# a look is taken once enough is saved up for it.
_LOOKS_PER_ENTRY = 20


class Watch:
    """Follows the pools of one fold. `looks`: how often the whole state was checked."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._histories: defaultdict[str, History] = defaultdict(History)
        self._orders = 0
        self._entries = 0
        self._next_look = _FIRST_LOOK
        self._credit = 0
        self.decisions = 0
        self.looks = 0
        self.queue_looks = 0

    def entry(self, pool: str, emitted: list[Emitted]) -> Iterator[str]:
        """After each entry of a pool: what its decisions break, in words."""
        self._entries += 1
        self._credit += _LOOKS_PER_ENTRY
        self.decisions += len(emitted)
        if emitted:
            yield from self._histories[pool].observe(emitted)
            yield from self._queue(pool, emitted)
        if self._entries >= self._next_look:
            self._next_look *= 2
            yield from self.state()

    def tick(self, emitted: list[Emitted]) -> Iterator[str]:
        """After a tick: what the decisions of what fell due break. An order that was forgotten may come again
        under its id."""
        by_pool: defaultdict[str, list[Emitted]] = defaultdict(list)
        for each in emitted:
            by_pool[each.cause.pool].append(each)
        for due_in, decisions in by_pool.items():
            yield from self.entry(due_in, decisions)
        known = sum(len(pool.orders.rows) for pool in self._fold.pools.values())
        if known < self._orders:
            for name, pool in self._fold.pools.items():
                self._histories[name].keep_only(pool)
        self._orders = known

    def state(self) -> Iterator[str]:
        """What the state of the pools breaks, and where it is not what the decisions told."""
        self.looks += 1
        for name, pool in self._fold.pools.items():
            yield from violations(pool)
            yield from self._histories[name].disagreements(pool)

    def _queue(self, name: str, emitted: list[Emitted]) -> Iterator[str]:
        pool = self._fold.pools[name]
        cost = len(pool.lines.rows)
        if cost <= self._credit:
            self._credit -= cost
            self.queue_looks += 1
            yield from passed_over(pool, emitted)
