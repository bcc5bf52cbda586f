"""The domain once more, as plainly as it can be said: one list of claims; sort it, scan it.

Written from the rules alone, sharing nothing with the fold but the structs that go in: no index, no cache, no
steps, no decisions. It says every figure and which events are rejected; its cost is quadratic, on purpose.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import product
from math import ceil, inf
from pickle import dumps, loads
from types import SimpleNamespace as Thing

from backorder.domain.events import Entry, type_name
from tests.support.naive_complete import NaiveComplete
from tests.support.naive_counts import NaiveCounts
from tests.support.naive_dates import NaiveDates
from tests.support.naive_goods import EVER, NaiveGoods
from tests.support.naive_kits import NaiveKits
from tests.support.naive_orders import NaiveOrders
from tests.support.naive_promises import NaivePromises
from tests.support.naive_rejection import Rejected
from tests.support.naive_requests import NaiveRequests
from tests.support.naive_sharing import NaiveSharing
from tests.support.naive_supply import NaiveSupply

NEVER = datetime.max.replace(tzinfo=UTC)


class NaiveModel(
    NaiveOrders,
    NaiveComplete,
    NaiveDates,
    NaiveGoods,
    NaiveKits,
    NaiveCounts,
    NaiveSupply,
    NaivePromises,
    NaiveRequests,
    NaiveSharing,
):
    """One pool. `apply` entries; ask for `line_rows`, `stock_rows`, `availability` and `rejected`."""

    def __init__(self, retention_days: int = 90, still_waiting_days: int = 14):
        self.lines, self.claims, self.orders, self.items, self.stock = [], [], {}, {}, {}
        self.purchases, self.shipments, self.receipts, self.remembered = {}, {}, {}, {}
        self.not_yet, self.bespoke = {}, Counter()
        self.holds, self.transfers, self.aside = {}, {}, {}
        self.rejected, self.retention = set(), timedelta(days=retention_days)
        self.clock = self.last = EVER
        self.suggested, self.suggestions = {}, []
        self.notices, self.patience = Counter(), timedelta(days=still_waiting_days)

    def apply(self, entry: Entry) -> None:
        """One event."""
        name, self.notices = type_name(entry.event), Counter()
        if name == "clock.ticked":
            self.clock_ticked(entry.time)
            return
        self.fall_due()
        self.now, self.excess, self.last = entry.time, 0, entry.time
        self.begin()
        self.begin_step()
        before = dumps(self.__dict__)
        try:
            getattr(self, name.replace(".", "_"))(entry.event)
            self.settle()
            self.suggest()
            self.end()
            self.promise()
            self.end_step()
        except Rejected as reason:
            self.__dict__ = loads(before)
            self.rejected.add((entry.id, str(reason)))
            if name == "order.cancelled" and entry.event.lines is None and str(reason) == "unknown_order":
                self.remembered.setdefault(entry.event.order_id, Thing(closed=self.clock))
        else:
            self.rejected |= {(entry.id, "more_than_open")} if self.excess else set()

    # --- figures -------------------------------------------------------------------------------------------

    def rank(self, line):
        order = self.orders[line.order]
        required_by = line.required_by or order.required_by or NEVER
        return (line.priority or order.priority, required_by, line.line)

    def queue(self, sku):
        """All who want units of it, also as a part of a kit."""
        return sorted((claim for claim in self.claims if sku in claim.line.parts), key=self.place)

    def claims_of(self, sku):
        """Those of the lines that name it."""
        return sorted((claim for claim in self.claims if claim.line.sku == sku), key=self.place)

    def place(self, claim):
        priority, required_by, number = self.rank(claim.line)
        return (priority, required_by, claim.at, claim.line.order, number, claim.number)

    def of(self, line):
        return [claim for claim in self.claims if claim.line is line]

    def waiting(self, line):
        return sum(claim.waits for claim in self.of(line))

    def allocated(self, line):
        return sum((claim.alloc for claim in self.of(line)), Counter())

    def open(self, line):
        return self.waiting(line) + self.allocated(line).total()

    def places(self, sku):
        """Where a line without a location may take units, in order of preference."""
        return self.item(sku)["sourcing"] or sorted(place for of, place in self.stock if of == sku)

    def usable(self, line):
        if line.location is not None:
            return [line.location]
        return self.item(line.sku)["sourcing"] or sorted(
            {place for sku, place in self.stock if sku in line.parts}
        )

    def spare(self, sku, place):
        """Sellable units beyond what is allocated; below 0 when too few."""
        given = sum(claim.alloc[place] * claim.line.parts[sku] for claim in self.queue(sku))
        return self.see(sku, place).on_hand - self.see(sku, place).unavailable - given

    def safety(self, sku, place):
        own, first = self.item(sku)["safety_at"].get(place), place in self.places(sku)[:1]
        return own if own is not None else self.item(sku)["safety_stock"] if first else 0

    def free(self, sku, place):
        kept = self.safety(sku, place) + self.held(sku, place) + self.bespoke[sku, place]
        return max(0, self.spare(sku, place) - kept) if (sku, place) in self.stock else 0

    def open_to(self, claim):
        """Where a claim may take units: in strict order not where an earlier one waits that may, too."""
        if claim.open_to is not None:
            return claim.open_to
        queued = any(claim is other for other in self.claims)

        def before(other):
            return not queued or self.place(other) < self.place(claim)

        barred = {place for sku in claim.line.parts for place in self.barred(sku, before)}
        return [place for place in self.usable(claim.line) if place not in barred]

    def cover(self, claim):
        return sum(self.there(claim.line, place) for place in self.open_to(claim))

    def room(self, sku):
        item, cap = self.item(sku), self.item(sku)["backorder_cap"]
        if item["discontinued"] or not item["backorderable"]:
            return 0
        return inf if cap is None else max(0, cap - sum(claim.waits for claim in self.claims_of(sku)))

    # --- what moves units ----------------------------------------------------------------------------------

    def take(self, claim, places, most=inf):
        for place in places:
            units = min(claim.waits, most, self.there(claim.line, place))
            claim.waits, most = claim.waits - units, most - units
            claim.line.covered += units
            self.end_promise(claim.line)
            claim.alloc += Counter({place: units})

    def unpicked(self, claim, place):
        """What may be taken off a claim: picks protect the line's earliest claims first."""
        earlier = sum(other.alloc[place] for other in self.of(claim.line) if other.number < claim.number)
        return claim.alloc[place] - min(claim.alloc[place], max(0, claim.line.picked[place] - earlier))

    def lose(self, claims, units, places=None, picked_too=False):
        """Take up to so many allocated units off the claims, in turn; say how many are left over."""
        for claim in claims:
            for place in [p for p in reversed(claim.alloc) if p in (places or claim.alloc)]:
                gone = min(units, claim.alloc[place] if picked_too else self.unpicked(claim, place))
                claim.alloc, units = claim.alloc - Counter({place: gone}), units - gone
                claim.line.released &= self.allocated(claim.line)
                claim.line.recalled &= self.allocated(claim.line) - claim.line.released
                claim.line.picked &= self.allocated(claim.line)
        return units

    def drop_waiting(self, line, units):
        for claim in reversed(self.of(line)):
            gone = min(units, claim.waits)
            claim.waits, units = claim.waits - gone, units - gone
        self.end_promise(line)
        return units

    def drop(self, line, units):
        """Take units off the line, waiting ones first, never picked ones; say how many are left over."""
        return self.lose(reversed(self.of(line)), self.drop_waiting(line, units))

    def cancel(self, line, units):
        """Drop units; what meets picked ones is remembered. Says how many are left over."""
        left = self.drop(line, units)
        line.cancelled += units - left
        line.pending = min(line.picked.total(), line.pending + left)
        return left

    def named(self, line, hold_id):
        """The live hold that a line may take over."""
        hold, allowed = self.holds.get(hold_id), self.item(line.sku)["sourcing"]
        if not hold or hold.closed or hold.sku != line.sku or hold.place not in self.usable(line):
            return None
        if self.is_kit(line):
            return None
        return hold if not allowed or line.location in (None, *allowed) else None

    def judge(self, claim, asked):
        """Accept for a new claim what is covered or may wait; say how many units."""
        line = claim.line
        hold = self.named(line, claim.names)
        held = max(0, min(asked, hold.units, self.spare(line.sku, hold.place))) if hold else 0
        item, cover = self.item(line.sku), min(asked - held, self.cover(claim))
        room = min(asked, self.room(line.sku)) if line.backorder == "allow" else 0
        if item["sourcing"] and line.location not in (None, *item["sourcing"]):
            cover = room = 0
        if line.backorder == "deny" or not item["allow_partial"]:
            covered = held + cover == asked
            held, cover, room = (held, cover, 0) if covered else (0, 0, room // asked * asked)
        elif cover < min(asked - held, item["min_release"]):
            cover, room = (cover, 0) if cover >= room else (0, room)
        claim.waits = min(asked, held + cover + room)
        line.accepted = line.accepted or claim.waits > 0
        covered = line.covered
        if hold and claim.waits:
            claim.waits, hold.units, hold.over = claim.waits - held, hold.units - held, True
            claim.alloc = Counter({hold.place: held})
            claim.held = +claim.alloc
        self.take(claim, self.open_to(claim), cover)
        line.covered = covered
        self.note_waiting(line)
        return sum(claim.alloc.values()) + claim.waits

    def take_nothing(self, claim):
        """What is covered waits all the same, but for what was held for it."""
        claim.waits += claim.alloc.total() - claim.held.total()
        claim.alloc = Counter(claim.held)
        self.note_waiting(claim.line)

    def comes_within(self, line):
        days, (_, required_by, _) = self.item(line.sku)["horizon_days"], self.rank(line)
        return None if days is None or required_by is NEVER else required_by - timedelta(days=days)

    def beyond(self, line):
        """Whether it is required too late to take units now."""
        comes = self.comes_within(line)
        return comes is not None and (comes > self.clock or (line.order, line.line) in self.not_yet)

    def barred(self, sku, before):
        """Where, in strict order, somebody waits ahead of a place in the queue who may take units there."""
        item = self.item(sku)
        if not item["strict_order"] or item["allocation"] == "fair_share":
            return set()
        ahead = [c for c in self.queue(sku) if c.waits and not self.passed_over(c.line) and before(c)]
        return {place for c in ahead for place in self.usable(c.line) if self.blocks(c, sku, place)}

    def least(self, claim):
        """How many units are worth giving to a claim."""
        item = self.item(claim.line.sku)
        return min(claim.waits, item["min_release"]) if item["allow_partial"] else claim.waits

    def new_claim(self, line, names=None):
        """`names`: a hold; `held`: what came of it."""
        facts = {"at": self.now, "waits": 0, "alloc": Counter(), "names": names, "held": Counter()}
        facts["open_to"] = None
        claim = Thing(line=line, number=len(self.of(line)), **facts)
        self.claims.append(claim)
        return claim

    def note_waiting(self, line):
        if self.waiting(line):
            line.opened = line.opened or self.now
            for sku in line.parts if line.location is not None else ():
                self.row(sku, line.location)

    def settle(self):
        """Correct what a count knew, serve those who wait; release all that is allocated."""
        self.correct()
        self.serve_waiters()
        for line in [line for line in self.lines if not self.kept(line)]:
            self.release(line, self.allocated(line) - line.released)
        self.look_after_complete_orders()
        self.look_after_payments()
        for order in self.orders.values():
            still_open = any(self.open(line) for line in order.lines.values())
            order.closed = None if still_open else order.closed or self.clock
        for transfer in self.transfers.values():
            still_open = any(part.left for part in transfer.sent)
            transfer.closed = None if still_open else transfer.closed or self.clock
        for purchase in self.purchases.values():
            still_open = any(thing.open for thing in purchase.lines.values())
            purchase.closed = None if still_open else purchase.closed or self.clock

    def serve_waiters(self):
        """Send back what is not there, then give what is."""
        wanted = {sku for line in self.lines for sku in (line.sku, *line.parts)}
        skus = sorted({sku for sku, _ in self.stock} | wanted)
        for sku in skus:
            self.demote(sku)
        served = False
        while not served or any(map(self.coverable, self.patient_orders())):
            self.serve_complete_orders()
            self.serve_queues(skus)
            for sku in skus:
                while self.share_kept(sku):
                    self.serve_queues([sku])
            served = True

    def kept(self, line):
        """Why what is allocated is not released."""
        order, by_hand = self.orders[line.order], self.by_hand(line)
        unpaid = order.payment not in (None, "authorized")
        if order.ship == "complete":
            lines = order.lines.values()
            by_hand = any(self.by_hand(other) for other in lines if self.open(other))
            if not order.held and not unpaid and any(map(self.waiting, lines)):
                return "order_complete"
        return "hold" if order.held else "payment" if unpaid else "manual_release" if by_hand else None

    def by_hand(self, line):
        return self.item(line.sku)["release"] == "manual"

    def release(self, line, fresh):
        line.released, line.cleared = line.released + fresh, line.cleared + (fresh - line.recalled)
        line.recalled -= fresh

    def passed_over(self, line):
        """Why what waits takes no units."""
        order = self.orders[line.order]
        if self.beyond(line):
            return "horizon"
        return "payment" if order.lapsed else "order_complete" if self.is_patient(order) else None

    def serve_queues(self, skus, ahead=lambda claim: True):
        """Free units go to the waiters that may take them, in turn; with `ahead`, to those alone."""
        for sku in skus:
            if self.item(sku)["allocation"] == "fair_share":
                self.share(sku)
        for claim in sorted(filter(ahead, self.claims), key=self.place):
            if not self.passed_over(claim.line) and self.cover(claim) >= self.least(claim):
                self.take(claim, self.open_to(claim))

    def demote(self, sku):
        """Send back from the end of the queue what is not there; a claim that may not be split, whole."""
        for place in sorted(place for of, place in self.stock if of == sku):
            for claim in reversed(self.queue(sku)):
                missing, before = -self.spare(sku, place), claim.alloc.total()
                if missing > 0 and self.unpicked(claim, place):
                    short = ceil(Fraction(missing, claim.line.parts[sku]))
                    whole = not self.item(claim.line.sku)["allow_partial"]
                    self.lose([claim], *((inf,) if whole else (short, [place])))
                    claim.waits += before - claim.alloc.total()
                    self.note_waiting(claim.line)
                    self.break_up(self.orders[claim.line.order])

    def serve_pegs(self, bought):
        """What came in goes first to the order lines that it was bought for (`bought` has it by line); until
        these had their turn, it is there for nobody else."""
        for own in bought.values():
            self.bespoke.update(own)
        for (order, number), own in bought.items():
            named = [c for c in self.claims if (c.line.order, c.line.line) == (order, number)]
            for claim, (sku, place) in product(named, list(own)):
                if sku in claim.line.parts and place in self.usable(claim.line):
                    if self.is_kit(claim.line):
                        self.serve_before(claim, sku)
                    self.bespoke.subtract(own)
                    self.take_own(claim, sku, place, own)
                    self.bespoke.update(own)
            self.bespoke.subtract(own)

    def take_own(self, claim, sku, place, own):
        """Takes as many as these units of it, that were bought for the line, are enough for."""
        most, before = (
            min(own[sku, place] // claim.line.parts[sku], self.there(claim.line, place)),
            claim.waits,
        )
        if most >= self.least(claim):
            self.take(claim, [place], most)
        for part, each in claim.line.parts.items():
            own[part, place] -= min(own[part, place], (before - claim.waits) * each)

    # --- rows ----------------------------------------------------------------------------------------------

    def line_rows(self):
        return {(line.order, line.line): self.line_row(line) for line in self.lines}

    def line_row(self, line):
        alloc, waits = self.allocated(line), self.waiting(line)
        released = (line.released | line.picked).total()
        kept = self.kept(line) if released < alloc.total() else None
        why = ("horizon" if self.beyond(line) else "stock") if waits else kept
        if line.shipped:
            status = "part_shipped" if self.open(line) else "shipped"
        elif self.open(line):
            status = "part_allocated" if alloc else "waiting"
            if not waits:
                status = "released" if released == alloc.total() else "allocated"
        else:
            status = "cancelled" if line.accepted else "refused"
        priority, required_by, _ = self.rank(line)
        facts = {f: getattr(line, f) for f in ("ordered", "shipped", "cancelled", "location")}
        facts |= {"allocated": alloc.total(), "released": released, "picked": line.picked.total()}
        facts |= {"priority": priority, "required_by": None if required_by is NEVER else required_by}
        facts |= {"promised_at": self.promised(line)}
        facts |= {"backordered": waits, "accepted_at": line.at, "status": status, "allocations": dict(alloc)}
        why = (self.passed_over(line) or "stock") if waits else kept
        return facts | {"opened_at": line.opened if waits else None, "waits_for": why}

    def stock_rows(self):
        waits = {(sku, c.line.location) for c in self.claims if c.waits for sku in c.line.parts}
        keys = waits | set(self.stock)
        return {key: self.stock_row(*key) for key in keys}

    def stock_row(self, sku, place):
        given = sum(claim.alloc[place] * claim.line.parts[sku] for claim in self.queue(sku))
        at = [claim for claim in self.queue(sku) if claim.line.location == place]
        waits = sum(claim.waits * claim.line.parts[sku] for claim in at)
        bought = [thing for buy in self.purchases.values() for thing in buy.lines.values()]
        facts = {f: getattr(self.see(sku, place), f) for f in ("on_hand", "unavailable")}
        facts |= {"allocated": given, "backordered": waits}
        facts |= {"on_order": sum(b.open for b in bought if (b.sku, b.place) == (sku, place))}
        facts |= {"picked": sum(line.picked[place] * line.parts.get(sku, 0) for line in self.lines)}
        facts |= {"safety_stock": self.safety(sku, place) if place else 0, "free": self.free(sku, place)}
        facts |= {"shortfall": max(0, -self.spare(sku, place))}
        sent = [part for transfer in self.transfers.values() for part in transfer.sent]
        facts |= {"in_transit": sum(part.left for part in sent if (part.sku, part.place) == (sku, place))}
        facts |= {"held": self.held(sku, place)}
        spare = self.spare(sku, place) - facts["held"]
        return facts | {"available_to_promise": spare - facts["safety_stock"] - waits}

    def availability(self, sku):
        """The state and what could still be claimed (None = without limit)."""
        newcomer = Thing(line=self.newcomer(sku), waits=0, open_to=None)
        free, room = self.cover(newcomer), self.room(sku)
        without = (
            "discontinued" if self.item(sku)["discontinued"] else "backorder" if room else "out_of_stock"
        )
        return "in_stock" if free else without, None if room == inf else free + room
