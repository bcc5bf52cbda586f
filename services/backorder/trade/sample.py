"""A sample of trade: as many events as asked for, with the shape of real commerce, the same for a seed.

Articles are in demand by Zipf's law, orders have several lines and come in bursts, customers cancel and
change their minds, suppliers are late and deliver in parts, stock is counted and corrected. Supply is a
little short, so that backorders open and are filled later. Some events come late, twice, broken, or make
no sense.

The first events are policies and opening stock; the last one happens at `end`. Events are made one by one and
not kept: a sample of any size needs the memory of what is open in it.
"""

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from operator import itemgetter
from random import Random

from backorder.trade.assortment import LOCATIONS, Assortment
from backorder.trade.calendar import event_times
from backorder.trade.company import Company
from backorder.trade.customers import MEAN_LINES, MEAN_UNITS, Customers
from backorder.trade.event import TradeEvent, json_line
from backorder.trade.mishaps import Mishaps

A_YEAR = timedelta(days=365)
ORDER_SHARE = 0.20
"""About so many of the events are orders; the rest follows from them."""
EVENTS_PER_ARTICLE = 40
ARTICLES = (10, 5000)

# The share of all events.
REPEATED = 0.012
UNREADABLE = 0.002
SENSELESS = 0.003
RARE = 0.002
STOCK_CARE = 0.05

Timed = tuple[datetime, bytes]


def sample(
    events: int,
    seed: int,
    end: datetime,
    span: timedelta = A_YEAR,
    pools: Sequence[str] = ("default",),
) -> Iterator[bytes]:
    """`events` lines of JSON, each a CloudEvent (or meant as one), in the order in which they arrive.

    `end` has an offset. With several pools each has its own trade, the first half of all, the next half of
    the rest and so on. Raises ValueError when there is not at least one event for each pool.
    """
    counts = _shares(events, len(pools))
    if min(counts) < 1:
        raise ValueError(f"{events} events are too few for {len(pools)} pools")
    parts = [
        _trade_of(pool, count, Random(f"{seed}/{pool}"), end, span)
        for pool, count in zip(pools, counts, strict=True)
    ]
    return (line for _, line in heapq.merge(*parts, key=itemgetter(0)))


def _shares(events: int, pools: int) -> list[int]:
    counts: list[int] = []
    for _ in range(pools - 1):
        counts.append((events - sum(counts)) // 2)
    return [*counts, events - sum(counts)]


def _trade_of(pool: str, count: int, random: Random, end: datetime, span: timedelta) -> Iterator[Timed]:
    articles = min(max(count // EVENTS_PER_ARTICLE, ARTICLES[0]), ARTICLES[1])
    daily_units = count * ORDER_SHARE * MEAN_LINES * MEAN_UNITS / (span / timedelta(days=1))
    assortment = Assortment(articles, daily_units, random)
    start = end - span
    company = Company(pool, random, LOCATIONS)
    opening = list(islice(assortment.opening(pool, start), count))
    for event in opening:
        company.take(event, start)
        yield start, json_line(event)
    customers = Customers(pool, random, company.agenda, assortment)
    mishaps = Mishaps(pool, random)
    trading = count - len(opening)
    if trading:
        every = span / (trading * STOCK_CARE)
        company.agenda.at(start + every, partial(company.warehouse.look_after_stock, every))
    for now in event_times(trading, end, span, random):
        line = _mishap(mishaps, company, random, now)
        if line is None:
            event = mishaps.maybe_late(company.next_event(now) or customers.order(now))
            line = _taken(event, company, now)
            mishaps.seen(line)
        yield now, line


def _taken(event: TradeEvent, company: Company, now: datetime) -> bytes:
    company.take(event, now)
    return json_line(event)


def _mishap(mishaps: Mishaps, company: Company, random: Random, now: datetime) -> bytes | None:
    """Once in a while, something that should not happen."""
    chance = random.random()
    if chance < REPEATED:
        return mishaps.repeat()
    chance -= REPEATED
    if chance < UNREADABLE:
        return mishaps.unreadable(now)
    if chance < UNREADABLE + SENSELESS:
        return _taken(mishaps.senseless(now), company, now)
    if chance < UNREADABLE + SENSELESS + RARE:
        return _taken(mishaps.rare(now), company, now)
    return None
