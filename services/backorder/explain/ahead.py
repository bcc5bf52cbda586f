"""Who stands before a line in the queue, counted from the lines themselves."""

from collections.abc import Iterator
from heapq import nsmallest

from msgspec import Struct

from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, claim_key
from backorder.domain.records import Line
from backorder.explain.waiting import Waiter, WaitingClaim, shown, waiters

NAMED = 5
"""So many of those ahead are named; all are counted."""


class Ahead(Struct, frozen=True):
    """claims: how many claims stand before the line's first waiting one and may use a location of it; of a
    line that was amended up, each part that queues for itself is a claim. units: what waits of them.
    taking: units of those that take what comes; the others are passed over for now.

    For a plain line these are all who want units of its SKU, kits that are made with it among them; for a kit
    those before it at the component where most are. Units are those of that SKU.
    """

    claims: int
    units: int
    taking: int
    first: list[WaitingClaim]


def ahead_of(pool: Pool, line: Line) -> Ahead | None:
    """Those before the line; None = nothing of it waits."""
    own = line.first_waiting
    if own is None:
        return None
    key = claim_key(line, own)
    before = max(([*_before(pool, line, sku, key)] for sku, _ in line.takes), key=len)
    first = nsmallest(NAMED, before, key=lambda each: each.key)
    return Ahead(
        claims=len(before),
        units=sum(each.units for each in before),
        taking=sum(each.units for each in before if each.line.passed_over is None),
        first=[shown(each) for each in first],
    )


def taken_before(pool: Pool, line: Line, sku: str) -> int:
    """Units of a SKU for which those wait who stand before the line and take what comes."""
    own = line.first_waiting
    if own is None:
        return 0
    before = _before(pool, line, sku, claim_key(line, own))
    return sum(each.units for each in before if each.line.passed_over is None)


def _before(pool: Pool, line: Line, sku: str, place: ClaimKey) -> Iterator[Waiter]:
    for waiter in waiters(pool, sku):
        if waiter.key < place and waiter.line.beyond is None and _meet(pool, line, waiter.line):
            yield waiter


def _meet(pool: Pool, line: Line, other: Line) -> bool:
    """Whether some location may serve both; a line without one is served from the sources. Two lines of a SKU
    without a location wait together also where there is no source yet."""
    if line.location is None and other.location is None and not line.parts and not other.parts:
        return True
    usable = pool.wanted(line).usable(line.location)
    return any(location in usable for location in pool.wanted(other).usable(other.location))
