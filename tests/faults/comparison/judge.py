"""The judge of the comparison: folds the input once more, in the order of the log, and compares.

What was said is compared as a read-committed reader sees it, event by event; the table by the last value of
each key of its changelog. The judge shares the pure `job.fold` with what it judges, and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tests.faults.comparison.job import Output, State, decoded, empty, encoded, fold


class Verdict(NamedTuple):
    """How what was found differs from what should be there."""

    events: int
    """Events of the input."""
    outputs: int
    """What should have been said about them."""
    lost: int
    """Outputs that should be there and are not."""
    doubled: int
    """Outputs that are there once more than they should, each time counted."""
    wrong: int
    """Outputs that should not be there at all: decided on a state that was not true."""
    keys: int
    """SKUs that the table should have."""
    keys_differ: int
    """SKUs whose row on the changelog is another one, missing, or too many."""
    units_differ: int
    """By how many units on hand those rows are off, summed without sign."""

    @property
    def exactly_once(self) -> bool:
        return not (self.lost or self.doubled or self.wrong or self.keys_differ)


class Right(NamedTuple):
    """What the input gives when each event counts once."""

    events: int
    outputs: Counter[bytes]
    table: dict[str, State]


def refold(partitions: Iterable[Iterable[bytes]]) -> Right:
    """Folds the values of each partition of the input, in the order of the log."""
    table: defaultdict[str, State] = defaultdict(empty)
    outputs: Counter[bytes] = Counter()
    events = 0
    for values in partitions:
        for value in values:
            event = decoded(value)
            table[event["sku"]], said = fold(table[event["sku"]], event)
            outputs.update(map(encoded, said))
            events += 1
    return Right(events, outputs, dict(table))


def judge(right: Right, outputs: Iterable[Output], table: Mapping[str, State]) -> Verdict:
    """Compares what is there with what should be: all outputs, and the last row of every SKU."""
    found = Counter(map(encoded, outputs))
    too_many = found - right.outputs
    doubled = sum(times for output, times in too_many.items() if output in right.outputs)
    differ = [sku for sku in right.table.keys() | table.keys() if right.table.get(sku) != table.get(sku)]
    return Verdict(
        events=right.events,
        outputs=right.outputs.total(),
        lost=(right.outputs - found).total(),
        doubled=doubled,
        wrong=too_many.total() - doubled,
        keys=len(right.table),
        keys_differ=len(differ),
        units_differ=sum(abs(_on_hand(right.table, sku) - _on_hand(table, sku)) for sku in differ),
    )


def _on_hand(table: Mapping[str, State], sku: str) -> int:
    units: int = table.get(sku, empty())["on_hand"]
    return units
