"""How many lines are open and how old they are, told at a price that does not grow with their number.

The age distribution moves by itself as time passes. Counting it anew would cost a pass over every open line
at each scrape, so the lines are counted by the minute in which their units began to wait: a scrape looks only
at the minutes that have crossed an edge since the scrape before. Ages are therefore known by the minute; the
oldest time and the sum of ages are exact.
"""

from bisect import bisect_left
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

_MINUTE_US = 60_000_000

MINUTE_EDGES = (15, 60, 240, 720, 1_440, 2_880, 4_320, 7_200, 10_080, 20_160, 43_200)
"""Upper bounds of the buckets of age, in minutes: 15m 1h 4h 12h 1d 2d 3d 5d 7d 14d 30d. One more is open."""

_LAST = len(MINUTE_EDGES)
_HORIZON = MINUTE_EDGES[-1]
_SPARE = 64


def _known(since_us: int | None) -> int:
    if since_us is None:
        raise ValueError("a line with open units does not say since when they are open")
    return since_us


class Ages:
    """The open lines of one state at one place: their number, their units, and since when they are open.

    Times are microseconds since 1970. Lines older than the last edge are merged into one count.
    """

    __slots__ = ("_buckets", "_by_minute", "_by_time", "_heap", "_minute", "_sum_us", "lines", "units")

    def __init__(self, now_us: int) -> None:
        self.lines = 0
        self.units = 0
        self._sum_us = 0
        self._minute = now_us // _MINUTE_US
        self._by_minute: dict[int, int] = {}
        self._buckets = [0] * (_LAST + 1)
        self._by_time: dict[int, int] = {}
        # Every time in `_by_time` is in the heap, beside times that are gone; never a gone one on top.
        self._heap: list[int] = []

    def change(self, units: int, since_us: int | None, units_now: int, since_now_us: int | None) -> None:
        """One line has `units_now` units open since `since_now_us` where it had `units` since `since_us`."""
        if units and units_now and since_us == since_now_us:
            self.units += units_now - units
            return
        if units:
            self.leave(units, since_us)
        if units_now:
            self.enter(units_now, since_now_us)

    def enter(self, units: int, since_us: int | None) -> None:
        """A line begins to have units here (at least one), open since then."""
        since_us = _known(since_us)
        self.lines += 1
        self.units += units
        self._sum_us += since_us
        by_time = self._by_time
        together = by_time.get(since_us)
        if together is None:
            by_time[since_us] = 1
            heappush(self._heap, since_us)
        else:
            by_time[since_us] = together + 1
        minute = since_us // _MINUTE_US
        age = self._minute - minute
        self._buckets[bisect_left(MINUTE_EDGES, age)] += 1
        if age <= _HORIZON:
            self._by_minute[minute] = self._by_minute.get(minute, 0) + 1

    def enter_all(self, opened: Iterable[tuple[int, int | None]]) -> None:
        """The same of many lines at once, by units and since when, as after a restore."""
        by_time, by_minute = self._by_time, self._by_minute
        for units, since in opened:
            since_us = _known(since)
            self.lines += 1
            self.units += units
            self._sum_us += since_us
            by_time[since_us] = by_time.get(since_us, 0) + 1
            minute = since_us // _MINUTE_US
            by_minute[minute] = by_minute.get(minute, 0) + 1
        self._heap = list(by_time)
        heapify(self._heap)
        self._recount(self._minute)

    def leave(self, units: int, since_us: int | None) -> None:
        """A line has nothing here any more; it had so many units, open since then. KeyError: it had not."""
        since_us = _known(since_us)
        together = self._by_time[since_us]
        self.lines -= 1
        self.units -= units
        self._sum_us -= since_us
        if together > 1:
            self._by_time[since_us] = together - 1
        else:
            del self._by_time[since_us]
            self._clean()
        minute = since_us // _MINUTE_US
        age = self._minute - minute
        self._buckets[bisect_left(MINUTE_EDGES, age)] -= 1
        if age <= _HORIZON:
            in_minute = self._by_minute[minute] - 1
            if in_minute:
                self._by_minute[minute] = in_minute
            else:
                del self._by_minute[minute]

    def _clean(self) -> None:
        """Each time is pushed once and popped once, so this costs a removal a few comparisons on average."""
        heap, live = self._heap, self._by_time
        while heap and heap[0] not in live:
            heappop(heap)
        if len(heap) > 2 * len(live) + _SPARE:
            self._heap = list(live)
            heapify(self._heap)

    def oldest_us(self) -> int:
        """When the units of the line that is open the longest began to wait; 0 when no line is open."""
        return self._heap[0] if self._heap else 0

    def distribution(self, now_us: int) -> list[int]:
        """The number of lines in each bucket of age (not cumulative), the unbounded one last."""
        self._advance(now_us // _MINUTE_US)
        return self._buckets.copy()

    def sum_of_ages_us(self, now_us: int) -> int:
        """The ages of all open lines added up; a line that opens in the future counts against it."""
        return self.lines * now_us - self._sum_us

    def minutes_kept(self) -> int:
        """How many minutes are counted one by one: what a scrape may have to look at, at most."""
        return len(self._by_minute)

    def times_kept(self) -> int:
        """How many times are kept to know the oldest: at most two for each line, and a few."""
        return len(self._heap)

    def _advance(self, minute: int) -> None:
        passed = minute - self._minute
        if passed <= 0:
            return  # the wall clock may step back; ages do not
        if passed > len(self._by_minute):
            self._recount(minute)
        else:
            self._cross_edges(minute)
        self._minute = minute

    def _recount(self, minute: int) -> None:
        """After a long time without a scrape: every minute that is counted falls into its bucket anew."""
        merged = self.lines - sum(self._by_minute.values())
        self._buckets = [0] * (_LAST + 1)
        self._buckets[_LAST] = merged
        kept = {}
        for opened, lines in self._by_minute.items():
            bucket = bisect_left(MINUTE_EDGES, minute - opened)
            self._buckets[bucket] += lines
            if bucket < _LAST:
                kept[opened] = lines
        self._by_minute = kept

    def _cross_edges(self, minute: int) -> None:
        """What was opened between the old and the new place of an edge moves over it, one bucket on."""
        for bucket, edge in enumerate(MINUTE_EDGES):
            leave = self._by_minute.pop if bucket == _LAST - 1 else self._by_minute.get
            for opened in range(self._minute - edge, minute - edge):
                lines = leave(opened, 0)
                self._buckets[bucket] -= lines
                self._buckets[bucket + 1] += lines
