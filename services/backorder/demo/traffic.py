"""What the demo plays: a sample, or imported data; and the part of it that has to be in first."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path

from backorder.importers.csv_folder import DataError
from backorder.importers.history import History, told
from backorder.importers.online_retail import OnlineRetail
from backorder.importers.wide_world_importers import WideWorldImporters
from backorder.publisher.records import nearest_record
from backorder.trade.event import json_line
from backorder.trade.sample import sample

POOLS = ("north", "south", "online")
"""The sample's stock pools: several, so that more than one partition of the journal is in use."""
WIDE_WORLD_IMPORTERS = "wide-world-importers"
ONLINE_RETAIL = "online-retail"


def sample_lines(events: int, seed: int, end: datetime) -> Iterator[bytes]:
    """A sample of trade in several pools, as lines."""
    return sample(events, seed, end, pools=POOLS[: max(1, min(len(POOLS), events // 100))])


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


def data_lines(folders: dict[str, Path], limit: int | None, end: datetime) -> Iterator[bytes]:
    """The histories side by side, each in a pool of its own name and ending at `end`, as lines.

    `limit` holds for each of them. Raises `DataError`.
    """
    histories: list[History] = []
    if WIDE_WORLD_IMPORTERS in folders:
        histories.append(WideWorldImporters(folders[WIDE_WORLD_IMPORTERS], WIDE_WORLD_IMPORTERS))
    if ONLINE_RETAIL in folders:
        histories.append(OnlineRetail(folders[ONLINE_RETAIL], ONLINE_RETAIL))
    parts = [told(history, limit, end) for history in histories]
    return map(json_line, heapq.merge(*parts, key=attrgetter("time")))


def opening(lines: Iterator[bytes]) -> tuple[list[bytes], Iterator[bytes]]:
    """What comes before the first order, and the rest: stock has to be in before orders come, and between
    topics there is no order."""
    first: list[bytes] = []
    for line in lines:
        if nearest_record(line).topic == "orders":
            return first, chain([line], lines)
        first.append(line)
    return first, islice(lines, 0)
