"""What the sample's companies sell: few articles that everybody wants, many that hardly anybody does."""

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any

from backorder.trade.event import Desk, TradeEvent

ZIPF_EXPONENT = 1.1
LOCATIONS = ["AMS-1", "BER-3", "RTM-2"]
COVER_DAYS = (4, 25)
"""For how many days of its demand the opening stock of an article lasts."""


@dataclass(frozen=True, slots=True)
class Article:
    sku: str
    places: list[str]
    """Where it is kept, the preferred place first."""
    opening: dict[str, int]
    """Units at each place when trade begins."""
    policy: dict[str, Any]
    """The fields of its `item.configured`; empty = never configured."""


class Assortment:
    """Articles by rank, with the odds of being ordered.

    `daily_units` is the demand per day to expect for all articles together: opening stock follows it.
    """

    def __init__(self, articles: int, daily_units: float, random: Random) -> None:
        weights = [1 / rank**ZIPF_EXPONENT for rank in range(1, articles + 1)]
        self._odds = list(accumulate(weights))
        self.articles = [
            _article(rank, daily_units * weight / self._odds[-1], random)
            for rank, weight in enumerate(weights, start=1)
        ]

    def choose(self, random: Random) -> Article:
        """One article, the first ranks far more often than the last."""
        return random.choices(self.articles, cum_weights=self._odds)[0]

    def opening(self, pool: str, time: datetime) -> list[TradeEvent]:
        """Policies and the first count of every article at every place."""
        planner, counter = Desk("planning", pool), Desk("stocktaking", pool)
        events = []
        for article in self.articles:
            if article.policy:
                data = {"sku": article.sku, **article.policy}
                events.append(planner.write("item.configured", time, article.sku, data))
            for place, units in article.opening.items():
                data = {
                    "sku": article.sku,
                    "location": place,
                    "quantity": units,
                    "basis": "on_hand",
                    "as_of": time,
                }
                events.append(counter.write("stock.counted", time, article.sku, data))
        return events


def _article(rank: int, daily_units: float, random: Random) -> Article:
    places = random.sample(LOCATIONS, random.choices((1, 2, 3), (60, 25, 15))[0])
    units = daily_units * random.uniform(*COVER_DAYS) + random.randint(0, 3)
    shares = [0.6, 0.25, 0.15][: len(places)]
    opening = {place: round(units * share / sum(shares)) for place, share in zip(places, shares, strict=True)}
    return Article(f"SKU-{rank:05d}", places, opening, _policy(places, daily_units, random))


def _policy(places: list[str], daily_units: float, random: Random) -> dict[str, Any]:
    chance = random.random()
    if chance < 0.25:
        return {"sourcing": places}
    if chance < 0.33:
        return {"safety_stock": 1 + round(daily_units)}
    if chance < 0.39:
        return {"backorder_cap": 5 + round(20 * daily_units)}
    if chance < 0.43:
        return {"backorderable": False}
    if chance < 0.47:
        return {"allow_partial": False, "sourcing": places}
    return {}
