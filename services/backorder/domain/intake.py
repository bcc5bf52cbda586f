"""A line comes in: what is covered now, what may wait, what is refused."""

from collections import Counter
from dataclasses import dataclass

from backorder.domain.backorders import open_backorder
from backorder.domain.complete import is_whole
from backorder.domain.decisions import LineRefused
from backorder.domain.records import Claim, Line, Order
from backorder.domain.sku import Sku
from backorder.domain.step import Step

UNLIMITED = 2**63


@dataclass(slots=True)
class Judgement:
    """What would become of `asked` units: per location allocated, waiting, refused for `reason`.

    cover: units free at the line's locations now; available: what the line could have taken.
    """

    asked: int
    cover: int
    take: dict[str, int]
    waits: int
    refused: int
    available: int
    reason: str


class Taken:
    """What the lines judged before have been promised and have not taken yet."""

    def __init__(self) -> None:
        self.units: Counter[tuple[str, str]] = Counter()
        self.waiting: Counter[str] = Counter()

    def add(self, sku: str, judged: Judgement) -> None:
        for location, units in judged.take.items():
            self.units[sku, location] += units
        self.waiting[sku] += judged.waits

    def free(self, sku: Sku, location: str) -> int:
        """What is left at a location."""
        return sku.free(location) - self.units[sku.item.sku, location]


_NOTHING = Taken()


def judge_together(step: Step, order: Order, asked: list[tuple[Line, int]]) -> list[Judgement]:
    """Judges units of an order that ships complete: all that is accepted is taken now, or all of it waits.

    A line that may not wait is judged as if it could be taken now; accepted, it waits with its order.
    """
    taken = Taken()
    judgements = []
    for line, units in asked:
        judged = judge(step, line.sku, line.location, units, line.may_wait, taken)
        taken.add(line.sku, judged)
        judgements.append(judged)
    if any(judged.waits for judged in judgements) or not is_whole(step.pool, order):
        for judged in judgements:
            judged.waits += sum(judged.take.values())
            judged.take = {}
    return judgements


def judge(
    step: Step, sku: str, location: str | None, asked: int, may_wait: bool, taken: Taken = _NOTHING
) -> Judgement:
    """Judges units of a line against stock and policies as they are now; changes nothing."""
    known = step.pool.sku(sku)
    if not known.knows(location):
        return Judgement(asked, 0, {}, 0, asked, 0, "unknown_location")
    item = known.item
    cover = 0 if item.unsettled else known.free_for(location)
    if cover and taken is not _NOTHING:
        cover = sum(taken.free(known, source) for source in known.usable(location))
    if not (item.backorderable and may_wait) or item.discontinued:
        room = 0
    elif item.backorder_cap is None:
        room = UNLIMITED
    else:
        room = max(0, item.backorder_cap - known.waiting - taken.waiting[sku])

    if not may_wait:
        covered, waits, available = (asked if cover >= asked else 0), 0, cover
    elif not item.allow_partial:
        covered = asked if cover >= asked else 0
        waits = asked if not covered and room >= asked else 0
        available = max(cover, room)
    else:
        covered = min(asked, cover)
        waits = min(asked - covered, room)
        available = cover + room

    if item.discontinued:
        reason = "discontinued"
    elif not (item.backorderable and may_wait):
        reason = "not_backorderable"
    else:
        reason = "cap_reached"
    refused = asked - covered - waits
    take = _split(known, location, covered, taken) if covered else {}
    return Judgement(asked, cover, take, waits, refused, min(asked, available), reason)


def _split(sku: Sku, location: str | None, units: int, taken: Taken) -> dict[str, int]:
    take = {}
    for source in sku.usable(location):
        part = min(units, taken.free(sku, source))
        if part:
            take[source] = part
            units -= part
    return take


def accept(step: Step, line: Line, judged: Judgement, number: int, reason: str) -> None:
    """Gives the line what it was judged to get, as claim `number`; says what is refused and what waits."""
    pool = step.pool
    before = {"asked": judged.asked, "free": judged.cover}
    if judged.refused:
        _say_refused(step, line, judged, before)
    if judged.take or judged.waits:
        claim = Claim(number, step.time)
        line.claims.append(claim)
        for location, units in judged.take.items():
            pool.allocate(line, claim, location, units)
        if judged.waits:
            open_backorder(step, line, claim, judged.waits, reason, "intake", before)
        else:
            pool.requeue(line)
    step.touch(line.sku)


def _say_refused(step: Step, line: Line, judged: Judgement, before: dict[str, int]) -> None:
    line.seq += 1
    step.emit(
        line.order_id,
        LineRefused(
            order_id=line.order_id,
            line=line.line,
            sku=line.sku,
            seq=line.seq,
            asked=judged.asked,
            available=judged.available,
            refused=judged.refused,
            reason=judged.reason,
            rule="intake",
            before=before,
            after={"allocated": sum(judged.take.values()), "waiting": judged.waits},
        ),
    )
