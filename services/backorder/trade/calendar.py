"""When trade happens: more by day than by night, more before a weekend, and much more on a few days.

The times of N events are the N-quantiles of that curve, so that any number of events has the same shape
and the last one falls on the end exactly.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 10, 10, 10, 10, 10, 9, 8, 9, 10, 8, 5, 2)
BY_WEEKDAY = (11, 10, 10, 11, 13, 8, 7)
BURST_DAYS = 0.02
"""The share of days with a campaign."""
BURST = 6
"""How much more happens on a day with a campaign."""


def event_times(count: int, end: datetime, span: timedelta, random: Random) -> Iterator[datetime]:
    """`count` times in order within `span` up to `end`, the last one being `end`."""
    start = end - span
    hours = max(1, round(span / timedelta(hours=1)))
    hour = span / hours
    curve = [0.0, *accumulate(_intensity(start, hours, random))]
    for number in range(1, count + 1):
        wanted = curve[-1] * number / count
        bucket = max(1, min(bisect_left(curve, wanted), hours))
        into = (wanted - curve[bucket - 1]) / (curve[bucket] - curve[bucket - 1])
        # The sum of many hours is not exactly the span; the last event is to be exactly now.
        yield end if number == count else min(start + hour * (bucket - 1 + into), end)


def _intensity(start: datetime, hours: int, random: Random) -> Iterator[float]:
    burst = 1
    for number in range(hours):
        now = start + timedelta(hours=number)
        if number % 24 == 0:
            burst = BURST if random.random() < BURST_DAYS else 1
        yield BY_HOUR[now.hour] * BY_WEEKDAY[now.weekday()] * burst
