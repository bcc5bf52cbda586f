"""What the demo plays: a sample, or imported data; and the part of it that has to be in first."""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from backorder.importers.csv_folder import DataError
from backorder.importers.history import History, told
from backorder.importers.online_retail import OnlineRetail
from backorder.importers.wide_world_importers import WideWorldImporters
from backorder.publisher.records import nearest_record
from backorder.trade.event import TradeEvent, json_line
from backorder.trade.sample import sample

POOLS = ("north", "south", "online")
"""The sample's stock pools: several, so that more than one partition of the journal is in use."""
EVENTS_PER_POOL = 100
"""Fewer make no trade."""
WIDE_WORLD_IMPORTERS = "wide-world-importers"
ONLINE_RETAIL = "online-retail"

Item = TypeVar("Item")


class Traffic(NamedTuple):
    """Lines to publish, each a CloudEvent or meant as one.

    Stock has to be in before orders come, and between topics there is no order: so what comes before a pool's
    first order is to be processed before the rest is published.
    """

    opening: list[bytes]
    rest: Iterator[bytes]


def sample_traffic(events: int, seed: int, end: datetime) -> Traffic:
    """A sample of trade in several pools."""
    pools = POOLS[: max(1, min(len(POOLS), events // EVENTS_PER_POOL))]
    lines = sample(events, seed, end, pools=pools)
    return Traffic(*_until(lines, lambda line: nearest_record(line).topic == "orders"))


def data_folders(folder: Path) -> dict[str, Path]:
    """The data sets in a folder, by name: the folder is one of them, or has them as subfolders.

    Raises `DataError` when there is none.
    """
    found = {}
    for name, pattern in (
        (WIDE_WORLD_IMPORTERS, "stock_item_transactions.csv.gz"),
        (ONLINE_RETAIL, "online_retail*"),
    ):
        for place in (folder, folder / name):
            if any(place.glob(pattern)):
                found[name] = place
    if not found:
        raise DataError(f"{folder} holds neither {WIDE_WORLD_IMPORTERS} nor {ONLINE_RETAIL}")
    return found


def data_traffic(folders: dict[str, Path], limit: int | None, end: datetime) -> Traffic:
    """The histories side by side, each in a pool of its own name and ending at `end`.

    `limit` holds for each of them. Raises `DataError`.
    """
    histories: list[History] = []
    if WIDE_WORLD_IMPORTERS in folders:
        histories.append(WideWorldImporters(folders[WIDE_WORLD_IMPORTERS], WIDE_WORLD_IMPORTERS))
    if ONLINE_RETAIL in folders:
        histories.append(OnlineRetail(folders[ONLINE_RETAIL], ONLINE_RETAIL))
    first: list[bytes] = []
    parts: list[Iterator[TradeEvent]] = []
    for history in histories:
        opening, rest = _until(told(history, limit, end), lambda event: event.type == "order.placed")
        first += map(json_line, opening)
        parts.append(rest)
    return Traffic(first, map(json_line, heapq.merge(*parts, key=attrgetter("time"))))


def _until(items: Iterator[Item], found: Callable[[Item], bool]) -> tuple[list[Item], Iterator[Item]]:
    """What comes before the first item that is looked for, and the rest from it on."""
    before: list[Item] = []
    for item in items:
        if found(item):
            return before, chain([item], items)
        before.append(item)
    return before, iter(())
