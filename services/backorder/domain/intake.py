"""A line comes in: what is covered now, what may wait, what is refused."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backorder.domain.backorders import open_backorder
from backorder.domain.complete import is_patient, is_whole
from backorder.domain.decisions import LineRefused
from backorder.domain.horizon import is_beyond, look
from backorder.domain.queue import claim_key
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

    def wait(self) -> None:
        """What could be taken waits with the rest."""
        self.waits += sum(self.take.values())
        self.take = {}


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


def judge_all(step: Step, order: Order, asked: list[tuple[Line, int]]) -> Iterator[Judgement]:
    """Judges units of an order's lines one after the other; each judgement is to be taken before the next."""
    if is_patient(order) or order.lapsed or any(is_beyond(step, line) for line, _ in asked):
        yield from judge_together(step, order, asked)
    else:
        for line, units in asked:
            yield judge(step, line, units)


def judge_together(step: Step, order: Order, asked: list[tuple[Line, int]]) -> list[Judgement]:
    """Judges units of an order of which some may not be taken now, though they are there: those beyond the
    horizon, all of an order without payment, and all of one that ships complete unless all is taken now.

    Such a line is judged as if it could take what is there; accepted, it waits, also beyond the cap and
    though it says that it may not.
    """
    taken = Taken()
    judgements = []
    for line, units in asked:
        judged = judge(step, line, units, taken)
        taken.add(line.sku, judged)
        judgements.append(judged)
    for (line, _), judged in zip(asked, judgements, strict=True):
        if is_beyond(step, line):
            judged.wait()
    waits = any(judged.waits for judged in judgements) or not is_whole(step.pool, order)
    if order.lapsed or (waits and is_patient(order)):
        for judged in judgements:
            judged.wait()
    return judgements


def judge(step: Step, line: Line, asked: int, taken: Taken = _NOTHING) -> Judgement:
    """Judges units of a line against stock and policies as they are now; changes nothing."""
    known = step.pool.sku(line.sku)
    if not known.knows(line.location):
        return Judgement(asked, 0, {}, 0, asked, 0, "unknown_location")
    item, may_wait = known.item, line.may_wait
    sources = open_sources(step, known, line)
    cover = 0 if item.unsettled else known.free_at(sources)
    if cover and taken is not _NOTHING:
        cover = sum(taken.free(known, source) for source in sources)
    if not (item.backorderable and may_wait) or item.discontinued:
        room = 0
    elif item.backorder_cap is None:
        room = UNLIMITED
    else:
        room = max(0, item.backorder_cap - known.waiting - taken.waiting[line.sku])

    if not may_wait:
        covered, waits, available = (asked if cover >= asked else 0), 0, cover
    elif not item.allow_partial:
        covered = asked if cover >= asked else 0
        waits = asked if not covered and room >= asked else 0
        available = max(cover, room)
    elif cover < min(asked, item.min_release):
        # Not worth a fill, unless no more than that can be accepted: then it is all that is missing.
        covered = cover if cover >= room else 0
        waits = 0 if covered else min(asked, room)
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
    take = _split(known, sources, covered, taken) if covered else {}
    return Judgement(asked, cover, take, waits, refused, min(asked, available), reason)


def open_sources(step: Step, sku: Sku, line: Line) -> Sequence[str]:
    """Locations where units that are asked for now may be covered, in order of preference."""
    if not sku.strict:
        return sku.usable(line.location)
    return sku.open_to(line.location, claim_key(line, Claim(line.last_claim + 1, step.time)))


def _split(sku: Sku, sources: Sequence[str], units: int, taken: Taken) -> dict[str, int]:
    take = {}
    for source in sources:
        part = min(units, taken.free(sku, source))
        if part:
            take[source] = part
            units -= part
    return take


def accept(step: Step, line: Line, judged: Judgement, number: int, reason: str) -> None:
    """Gives the line what it was judged to get, as claim `number`; says what is refused and what waits."""
    pool = step.pool
    before = {"asked": judged.asked, "free": judged.cover}
    look(step, line)
    if line.beyond is not None:
        # Judged as any other line; what it could have taken now waits with the rest, also beyond the cap.
        judged.wait()
        reason = "beyond_horizon"
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
