"""Who stands before a line in the queue, counted from the lines themselves."""

from collections.abc import Iterator
from datetime import datetime
from heapq import nsmallest

from msgspec import Struct

from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, claim_key
from backorder.domain.records import Claim, Line
from backorder.domain.times import at, at_or_none

NAMED = 5
"""So many of those ahead are named; all are counted."""


class ClaimAhead(Struct, frozen=True):
    """Units that wait before the line. `passed_over`: why they take no units now; null = they take them."""

    order_id: str
    line: int
    waiting: int
    location: str | None
    priority: int
    required_by: datetime | None
    accepted_at: datetime
    passed_over: str | None


class Ahead(Struct, frozen=True):
    """claims: how many claims stand before the line's first waiting one and may use a location of it; of a
    line that was amended up, each part that queues for itself is a claim. units: what waits of them.
    taking: units of those that take what comes; the others are passed over for now.
    """

    claims: int
    units: int
    taking: int
    first: list[ClaimAhead]


def ahead_of(pool: Pool, line: Line) -> Ahead | None:
    """Those before the line; None = nothing of it waits."""
    own = next((claim for claim in line.claims if claim.waiting), None)
    if own is None:
        return None
    before = [*_before(pool, line, claim_key(line, own))]
    first = nsmallest(NAMED, before, key=lambda each: each[0])
    return Ahead(
        claims=len(before),
        units=sum(claim.waiting for _, _, claim in before),
        taking=sum(claim.waiting for _, other, claim in before if other.passed_over is None),
        first=[_named(other, claim) for _, other, claim in first],
    )


def _before(pool: Pool, line: Line, place: ClaimKey) -> Iterator[tuple[ClaimKey, Line, Claim]]:
    sources = pool.sku(line.sku).sources
    for other in pool.lines.rows.values():
        if other.sku != line.sku or other.beyond is not None or not _meet(line, other, sources):
            continue
        for claim in other.claims:
            if claim.waiting and (key := claim_key(other, claim)) < place:
                yield key, other, claim


def _meet(line: Line, other: Line, sources: list[str]) -> bool:
    """Whether some location may serve both; a line without one is served from the sources."""
    if line.location is not None and other.location is not None:
        return line.location == other.location
    named = line.location or other.location
    return named is None or named in sources


def _named(line: Line, claim: Claim) -> ClaimAhead:
    return ClaimAhead(
        line.order_id,
        line.line,
        claim.waiting,
        line.location,
        line.priority,
        at_or_none(line.required_by),
        at(claim.accepted_at),
        line.passed_over,
    )
