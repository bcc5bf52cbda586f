"""The walk through a SKU's queue that hands out what is free and what is to come: it dates the promises.

Nothing moves by it. Each claim in the queue's order takes the units that arrive first at its locations: what
is free, then the dated supply. A line's own purchase lines serve it before the queue. The walk ends where
supply does, so its cost is that of the lines that supply reaches; a long one stops after so many claims and
goes on with the clock from the place that it has come to.
"""

import heapq
from collections.abc import Callable, Sequence

from backorder.domain.kits import Kit
from backorder.domain.pool import Pool
from backorder.domain.promise_records import Plan
from backorder.domain.queue import BEYOND_HORIZON, ClaimKey, claim_key
from backorder.domain.records import Line
from backorder.domain.sku import Sku
from backorder.domain.supply import Arrival

NOW = 0
"""The date of units that are there already."""

Promised = Callable[[Line, int | None], int]
"""Takes a line and the date of the supply that completes it; returns how many lines are looked at besides.
None = none does. `NOW` = what is free would complete it: it waits for something else, such as the rest of its
order, or another component."""


class Sources:
    """What a walk may still hand out at each location: free units first, then the arrivals by date."""

    def __init__(self, pool: Pool, sku: Sku, plan: Plan) -> None:
        self._pool = pool
        self._sku = sku
        self._plan = plan
        self._arrivals = pool.supplies.of(sku.item.sku)
        self._free = {place: row.free - plan.free.get(place, 0) for place, row in sku.rows.items()}
        self._index: dict[str, int] = {}
        self._used: dict[str, int] = {}
        for place, arrivals in self._arrivals.items():
            self._index[place], self._used[place] = _find(arrivals, plan.taken.get(place))

    def note(self) -> None:
        """Writes into the plan how far the walk has come."""
        plan = self._plan
        plan.free = {
            place: taken
            for place, row in self._sku.rows.items()
            if (taken := row.free - self._free[place]) > 0
        }
        plan.taken = {}
        for place in sorted(self._index):  # a restore may have met the locations in another order
            arrivals, index, used = self._arrivals[place], self._index[place], self._used[place]
            if index == len(arrivals):  # all of it is handed out, the last to come included
                index, used = index - 1, arrivals[-1].units
            arrival = arrivals[index]
            plan.taken[place] = (arrival.at, arrival.origin, list(arrival.key), arrival.part, used)

    def state(self) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
        return dict(self._free), dict(self._index), dict(self._used)

    def go_back(self, state: tuple[dict[str, int], dict[str, int], dict[str, int]]) -> None:
        self._free, self._index, self._used = state

    def next_date(self, place: str) -> int | None:
        """When the next unit of a location is there; `NOW` for a free one, None when there is none."""
        return NOW if self._free.get(place, 0) > 0 else self.next_arrival(place)

    def next_arrival(self, place: str) -> int | None:
        """When the next unit arrives at a location that does not go to the line it is pegged to."""
        arrivals = self._arrivals.get(place, ())
        while place in self._index and self._index[place] < len(arrivals):
            arrival = arrivals[self._index[place]]
            if self._for_the_queue(arrival) > self._used[place]:
                return int(arrival.at)
            self._index[place] += 1
            self._used[place] = 0
        return None

    def date_of(self, place: str, units: int) -> int | None:
        """When so many units are there at a location that nobody is promised; `NOW`, or None when never."""
        left = units - max(0, self._free.get(place, 0))
        if left <= 0:
            return NOW
        arrivals = self._arrivals.get(place, ())
        for index in range(self._index.get(place, 0), len(arrivals)):
            used = self._used[place] if index == self._index[place] else 0
            left -= max(0, self._for_the_queue(arrivals[index]) - used)
            if left <= 0:
                return int(arrivals[index].at)
        return None

    def take(self, place: str, units: int) -> int:
        """Takes up to so many of the units that are next at a location; returns how many."""
        if self._free.get(place, 0) > 0:
            taken = min(units, self._free[place])
            self._free[place] -= taken
            return taken
        arrival = self._arrivals[place][self._index[place]]
        taken = min(units, self._for_the_queue(arrival) - self._used[place])
        self._used[place] += taken
        return taken

    def _for_the_queue(self, arrival: Arrival) -> int:
        """Units that the line they are pegged to does not need."""
        if not arrival.peg:
            return arrival.units
        line = self._pool.line(*arrival.peg)
        if line is None or arrival.peg in self._plan.unpegged:
            return arrival.units
        need = line.waiting * line.takes_of(self._sku.item.sku)
        for own in pegs_of(self._pool, self._sku, line):
            if own == arrival:
                return max(0, arrival.units - max(0, need))
            need -= own.units
        return arrival.units


def _find(
    arrivals: Sequence[Arrival], taken: tuple[int, int, list[str | int], int, int] | None
) -> tuple[int, int]:
    """Where the walk goes on: the arrival that it had come to, or the next one if that is gone."""
    if taken is None:
        return 0, 0
    at, origin, key, part, used = taken
    index: int = arrivals.bisect_left(Arrival(at, origin, tuple(key), part, 0))  # type: ignore[attr-defined]
    same = index < len(arrivals) and arrivals[index][:4] == (at, origin, tuple(key), part)
    return index, used if same else 0


def pegs_of(pool: Pool, sku: Sku, line: Line) -> list[Arrival]:
    """What is to come for a line alone, by date, where it can use it."""
    usable = pool.wanted(line).usable(line.location)
    own = pool.supplies.pegged_to(line.order_id, line.line, sku.item.sku)
    return [arrival for arrival in own if arrival.place in usable]


def covered_by_pegs(pool: Pool, sku: Sku, line: Line, units: int) -> tuple[int, int | None]:
    """How many of the units a line's own supply does not cover, and when the last of it comes."""
    at = None
    for arrival in pegs_of(pool, sku, line):
        if not units:
            break
        units -= min(units, arrival.units)
        at = arrival.at
    return units, at


class Walk:
    """One walk, or the part of it that is done now. `visited`: the lines that it came to."""

    def __init__(self, pool: Pool, sku: Sku, plan: Plan, promised: Promised) -> None:
        self._pool = pool
        self._sku = sku
        self._plan = plan
        self._promised = promised
        self._sources = Sources(pool, sku, plan)
        self._begun = {(order_id, line): (count, at) for order_id, line, count, at in plan.begun}
        self.visited: dict[tuple[str, int], None] = {}

    def run(self, budget: int) -> bool:
        """Goes on for up to `budget` claims. False: there is more, and the plan says where to go on."""
        if self._pass_claims(budget):
            self._finish()
            return True
        self._sources.note()
        self._plan.begun = [(*key, *begun) for key, begun in self._begun.items()]
        return False

    def _pass_claims(self, budget: int) -> bool:
        plan = self._plan
        wanting: list[Sku | Kit] = [self._sku, *self._sku.kits]
        streams = [
            (wanted, location, rest)
            for wanted in wanting
            for location, rest in wanted.queue.streams(plan.cursor, plan.every)
        ]
        heads = [
            (first, number)
            for number, (_, _, rest) in enumerate(streams)
            if (first := next(rest, None)) is not None
        ]
        heapq.heapify(heads)
        paid: dict[str, None] = {}
        claims = budget
        while heads:
            key, number = heads[0]
            wanted, location, rest = streams[number]
            if not self._must_see(key, wanted.usable(location)):
                heapq.heappop(heads)
                continue
            if claims <= 0 or (budget <= 0 and key[3] not in paid):
                return False
            besides = self._pass_claim(key)
            claims, budget = claims - 1, budget - 1
            if besides and key[3] not in paid:
                # An order is looked at once, whichever of its lines this comes to: the others must not wait.
                paid[key[3]], budget = None, budget - besides
            plan.cursor = key
            following = next(rest, None)
            if following is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, (following, number))
        return True

    def _must_see(self, key: ClaimKey, usable: Sequence[str]) -> bool:
        """Whether there is something to hand out to a claim, or something was before."""
        plan = self._plan
        if plan.every or (plan.reach is not None and key <= plan.reach):
            return True
        return any(self._sources.next_date(place) is not None for place in usable)

    def _pass_claim(self, key: ClaimKey) -> int:
        line = self._pool.lines.rows[key[3], key[4]]
        waiting = [claim for claim in line.claims if claim.waiting]
        named = (line.order_id, line.line)
        each = line.takes_of(self._sku.item.sku)
        self.visited[named] = None
        if line.passed_over == BEYOND_HORIZON:
            rest, at = covered_by_pegs(self._pool, self._sku, line, line.waiting * each)
            return self._promised(line, None if rest else at)
        if len(waiting) == 1:
            return self._promised(line, self._cover(key, line, line.waiting * each))
        if pegs_of(self._pool, self._sku, line):
            # Its own supply is for all of its claims: they are looked at as one, at the first of them.
            if key == min(claim_key(line, claim) for claim in waiting):
                return self._promised(line, self._cover(key, line, line.waiting * each))
            return 0
        count, at = self._begun.get(named, (0, NOW))
        part = self._cover(key, line, line.claim(key[5]).waiting * each)
        at = None if at is None or part is None else max(at, part)
        self._begun[named] = (count + 1, at)
        if count + 1 >= len(waiting):
            del self._begun[named]
            return self._promised(line, at)
        return 0

    # --- covering a claim -----------------------------------------------------------------------------------

    def _cover(self, key: ClaimKey, line: Line, units: int) -> int | None:
        """Hands out units; the date of those that complete them."""
        rest, at = covered_by_pegs(self._pool, self._sku, line, units)
        if at is None:
            return self._from_queue(key, line, units)
        before = self._sources.state()
        reached = self._plan.reached
        own: int | None = at
        if rest:
            from_queue = self._from_queue(key, line, rest)
            own = None if from_queue is None else max(at, from_queue)
        with_own, reached_with_own = self._sources.state(), self._plan.reached
        self._sources.go_back(before)
        without = self._from_queue(key, line, units)
        if without is not None and (own is None or without < own):
            self._plan.unpegged.append((line.order_id, line.line))
            return without
        self._sources.go_back(with_own)
        self._plan.reached = reached_with_own if rest else reached
        return own

    def _from_queue(self, key: ClaimKey, line: Line, units: int) -> int | None:
        sources = self._sources
        wanted = self._pool.wanted(line)
        usable = wanted.usable(line.location)
        before = sources.state() if wanted.queue.whole else None
        at = NOW
        while units:
            place, date = self._next(usable)
            if place is None:
                if before is not None:
                    sources.go_back(before)
                return None
            units -= sources.take(place, units)
            at = max(at, date)
            if before is None or not units:
                self._plan.reached = key
        return at

    def _next(self, usable: Sequence[str]) -> tuple[str | None, int]:
        """The location of these where the next unit is there first; in order of preference."""
        best: str | None = None
        first = 0
        for place in usable:
            date = self._sources.next_date(place)
            if date is not None and (best is None or date < first):
                best, first = place, date
        return best, first

    def _finish(self) -> None:
        """Nothing is left to hand out, or nobody: what is left is what a new order would get."""
        plan = self._plan
        for named in self._begun:
            line = self._pool.line(*named)
            if line is not None and line.waiting:
                self._promised(line, None)
        dates = [self._sources.next_arrival(place) for place in self._sku.sources]
        plan.expected_at = min((date for date in dates if date is not None), default=None)
        plan.expected_in_kits = {}
        for kit in sorted(self._sku.kits, key=lambda kit: kit.name):
            if kit.is_current:
                each = kit.takes_of(plan.sku)
                found = {place: self._sources.date_of(place, each) for place in kit.sources}
                plan.expected_in_kits[kit.name] = {
                    place: date for place, date in found.items() if date is not None
                }
        plan.reach, plan.reached = plan.reached, None
        plan.cursor, plan.every, plan.resume_at = None, False, None
        plan.free, plan.taken, plan.begun, plan.unpegged = {}, {}, [], []
