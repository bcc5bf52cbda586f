"""Claims that wait for units of a SKU, found among the lines themselves."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from backorder.domain.pool import Pool
from backorder.domain.queue import ClaimKey, claim_key
from backorder.domain.records import Claim, Line
from backorder.domain.times import at, at_or_none


class Waiter(NamedTuple):
    """A claim, its place in the order of the queue, and how many units of the SKU it waits for."""

    key: ClaimKey
    line: Line
    claim: Claim
    units: int


class WaitingClaim(Struct, frozen=True):
    """A waiter as it is shown. sku: of its line, which may be a kit. waiting: units of the SKU that was asked
    for. passed_over: why they take no units now; null = they take them."""

    order_id: str
    line: int
    sku: str
    waiting: int
    location: str | None
    priority: int
    required_by: datetime | None
    accepted_at: datetime
    opened_at: datetime | None
    promised_at: datetime | None
    passed_over: str | None


def waiters(pool: Pool, sku: str) -> Iterator[Waiter]:
    """Who waits for units of a SKU, kits that are made with it included, in no order; a line that was amended
    up has a claim for each part that queues for itself."""
    for line in pool.lines.rows.values():
        yield from _claims(line, line.takes_of(sku))


def waiters_for_kits(pool: Pool, sku: str) -> Iterator[Waiter]:
    """Who waits for kits of this name."""
    for line in pool.lines.rows.values():
        yield from _claims(line, int(line.sku == sku and bool(line.parts)))


def _claims(line: Line, each: int) -> Iterator[Waiter]:
    for claim in line.claims if each else ():
        if claim.waiting:
            yield Waiter(claim_key(line, claim), line, claim, claim.waiting * each)


def shown(waiter: Waiter) -> WaitingClaim:
    line = waiter.line
    return WaitingClaim(
        line.order_id,
        line.line,
        line.sku,
        waiter.units,
        line.location,
        line.priority,
        at_or_none(line.required_by),
        at(waiter.claim.accepted_at),
        at_or_none(line.opened_at),
        at_or_none(line.promised_at),
        line.passed_over,
    )
