"""A line comes in: what is covered now, what may wait, what is refused."""

from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from backorder.domain.backorders import open_backorder
from backorder.domain.complete import is_patient, is_whole
from backorder.domain.decisions import LineRefused
from backorder.domain.holds import Share, can_give, take_over
from backorder.domain.horizon import is_beyond, look
from backorder.domain.kits import Kit
from backorder.domain.queue import claim_key
from backorder.domain.records import Claim, Hold, Line, Order
from backorder.domain.sku import Sku
from backorder.domain.step import Step

UNLIMITED = 2**63


class Asked(Struct, frozen=True, gc=False):
    """Units of a line that come in, with the hold that it names and may take over."""

    line: Line
    units: int
    hold: Hold | None


class Judgement(Struct):
    """What would become of `asked` units: per location allocated, waiting, refused for `reason`.

    cover: units free at the line's locations now; available: what the line could have taken.
    share: what goes over to the line of the hold that it names; `take` has its units.
    """

    asked: int
    cover: int
    take: dict[str, int]
    waits: int
    refused: int
    available: int
    reason: str
    share: Share | None = None

    @property
    def from_free(self) -> dict[str, int]:
        """What is to be taken and was not held for the line, by location."""
        units = dict(self.take)
        if self.share is not None and self.share.units:
            units[self.share.hold.location] -= self.share.units
        return units

    def wait(self) -> None:
        """What could be taken waits with the rest, but for what was held for the line."""
        free = self.from_free
        self.waits += sum(free.values())
        self.take = {place: units - free[place] for place, units in self.take.items() if units > free[place]}


class Taken:
    """What the lines judged before have been promised and have not taken yet."""

    def __init__(self) -> None:
        self.units: Counter[tuple[str, str]] = Counter()
        self.waiting: Counter[str] = Counter()
        self.of_holds: Counter[str] = Counter()
        self.of_holds_at: Counter[tuple[str, str]] = Counter()

    def add(self, line: Line, judged: Judgement) -> None:
        self._add_units(line, judged)
        self.waiting[line.sku] += judged.waits
        if judged.share is not None:
            hold, units = judged.share
            self.of_holds[hold.hold_id] += units
            self.of_holds_at[line.sku, hold.location] += units

    def add_left(self, line: Line, judged: Judgement) -> None:
        """The same of a line that leaves what it could take, and waits for that as well."""
        self._add_units(line, judged)
        self.waiting[line.sku] -= sum(judged.from_free.values())

    def _add_units(self, line: Line, judged: Judgement) -> None:
        for location, units in judged.from_free.items():
            for part, each in line.takes:
                self.units[part, location] += units * each

    def free(self, sku: Sku | Kit, location: str) -> int:
        """What is left at a location."""
        if isinstance(sku, Sku):
            return sku.free(location) - self.units[sku.item.sku, location]
        return min(
            self.free(component, location) // part.quantity
            for component, part in zip(sku.components, sku.parts, strict=True)
        )

    def held(self, step: Step, hold: Hold) -> int:
        """What is left of a hold."""
        return can_give(
            step.pool, hold, self.of_holds[hold.hold_id], self.of_holds_at[hold.sku, hold.location]
        )


_NOTHING = Taken()


def judge_all(step: Step, order: Order, asked: list[Asked]) -> Iterator[Judgement]:
    """Judges units of an order's lines one after the other; each judgement is to be taken before the next.

    A line that may not take units now, though they are there, is judged as if it could; accepted, it waits,
    also beyond the cap and though it says that it may not. Units of a hold are its line's all the same.
    """
    if is_patient(order) or order.lapsed:
        yield from judge_together(step, order, asked)
        return
    left = _NOTHING
    for each in asked:
        judged = judge(step, each, left)
        if is_beyond(step, each.line):
            left = Taken() if left is _NOTHING else left
            left.add_left(each.line, judged)
        yield judged


def judge_together(step: Step, order: Order, asked: list[Asked]) -> list[Judgement]:
    """Judges units of an order without payment, which takes nothing, and of one of which all is taken now or
    nothing."""
    taken = Taken()
    judgements = []
    for each in asked:
        judged = judge(step, each, taken)
        taken.add(each.line, judged)
        judgements.append(judged)
    for each, judged in zip(asked, judgements, strict=True):
        if is_beyond(step, each.line):
            judged.wait()
    waits = any(judged.waits for judged in judgements) or not is_whole(step.pool, order)
    if order.lapsed or (waits and is_patient(order)):
        for judged in judgements:
            judged.wait()
    return judgements


def judge(step: Step, asked: Asked, taken: Taken = _NOTHING) -> Judgement:
    """Judges units of a line against stock and policies as they are now; changes nothing.

    The units of a hold that it may take over are the line's before any that are free; it is judged for the
    rest.
    """
    line, units, hold = asked.line, asked.units, asked.hold
    known = step.pool.wanted(line)
    if not known.knows(line.location):
        return Judgement(units, 0, {}, 0, units, 0, "unknown_location")
    item, may_wait = known.item, line.may_wait
    sources = open_sources(step, known, line)
    cover = 0 if known.unsettled else known.free_at(sources)
    if cover and taken is not _NOTHING:
        cover = sum(taken.free(known, source) for source in sources)
    held = 0 if hold is None else min(units, taken.held(step, hold))
    rest = units - held
    reason = "cap_reached"
    if item.discontinued:
        room, reason = 0, "discontinued"
    elif not (item.backorderable and may_wait):
        room, reason = 0, "not_backorderable"
    elif item.backorder_cap is None:
        room = UNLIMITED
    else:
        room = max(0, item.backorder_cap - known.waiting - taken.waiting[line.sku])

    if not may_wait:
        covered, waits, available = (units if cover >= rest else 0), 0, held + cover
    elif not item.allow_partial:
        covered = units if cover >= rest else 0
        waits = units if not covered and room >= units else 0
        available = max(held + cover, room)
    elif cover < min(rest, item.min_release):
        # Not worth a fill, unless no more than that can be accepted: then it is all that is missing.
        fills = cover if cover >= room else 0
        covered = held + fills
        waits = 0 if fills else min(rest, room)
        available = held + max(cover, room)
    else:
        covered = held + min(rest, cover)
        waits = min(units - covered, room)
        available = held + cover + room

    refused = units - covered - waits
    share = Share(hold, min(covered, held)) if hold is not None and refused < units else None
    take = _split(known, sources, covered, share, taken) if covered else {}
    return Judgement(units, cover, take, waits, refused, min(units, available), reason, share)


def open_sources(step: Step, sku: Sku | Kit, line: Line) -> Sequence[str]:
    """Locations where units that are asked for now may be covered, in order of preference."""
    if not sku.strict:
        return sku.usable(line.location)
    return sku.open_to(line.location, claim_key(line, Claim(line.last_claim + 1, step.time)))


def _split(
    sku: Sku | Kit, sources: Sequence[str], units: int, share: Share | None, taken: Taken
) -> dict[str, int]:
    take = {}
    if share is not None and share.units:
        take[share.hold.location] = share.units
        units -= share.units
    for source in sources:
        part = min(units, taken.free(sku, source))
        if part:
            take[source] = take.get(source, 0) + part
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
    if judged.share is not None:
        before["held"] = judged.share.units
        take_over(step, judged.share)
    if judged.refused:
        _say_refused(step, line, judged, before)
    if judged.take or judged.waits:
        claim = Claim(number, step.time)
        line.claims += (claim,)
        for location, units in judged.take.items():
            pool.allocate(line, claim, location, units)
        if judged.waits:
            open_backorder(step, line, claim, judged.waits, reason, "intake", before)
        else:
            pool.requeue(line)
    elif line.claims:
        pool.requeue(line)  # nothing came to it, and yet it may be beyond the horizon now
    step.touch_line(line)


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
