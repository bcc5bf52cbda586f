"""The state of a stock pool as records, each small, each one entry of the changelog.

Encoded as MessagePack arrays: fields are only ever appended, with a default. Times are microseconds since
1970, quantities are units of the item. What every order and every line has a few of is a tuple, because there
are as many of them: a tuple takes half of a list's memory, and none when it is empty.
"""

from msgspec import Struct, field

from backorder.domain.dates import Date
from backorder.domain.parts import Part, units_of
from backorder.domain.promise_records import Announced, Promise


class Claim(Struct, array_like=True, gc=False):
    """Units of a line that share one place in the queue: the placed part, or one amendment up."""

    number: int
    accepted_at: int
    waiting: int = 0
    allocated: dict[str, int] = field(default_factory=dict)


class Released(Struct, array_like=True, gc=False):
    """Units that release number `release` of the order gave to the warehouse and that are still there; the
    line waited for some of them."""

    release: int
    quantity: int
    waited: int = 0


class AtLocation(Struct, array_like=True, gc=False):
    """What the warehouse of one location knows of a line.

    cleared: units ever released and not shipped since. A withdrawal does not lower it: the truck may have
        left before the word arrived.
    recalled: units among the cleared ones that were withdrawn and stayed allocated: released again, they are
        not cleared twice.
    waited: units among those that are allocated and kept back that the line waited for.
    """

    released: list[Released] = field(default_factory=list)
    picked: int = 0
    cleared: int = 0
    recalled: int = 0
    waited: int = 0

    @property
    def on_release(self) -> int:
        """Units that stand on releases; picked ones beyond them were taken without, or against, the word."""
        units = 0
        for part in self.released:
            units += part.quantity
        return units


class Beyond(Struct, array_like=True, gc=False):
    """A line is beyond its item's horizon. cause: id of the event that set the date on which that ends."""

    until: int
    cause: str


class Line(Struct, array_like=True, gc=False):
    """An order line. `own_priority` and `own_required_by` null follow the order's.

    parts: what one of its units is made of, as it was when the line came; empty = it is plain. Of a kit line
        all other figures are in whole kits.
    part_dates: when the units of a component are there that complete it, 0 = now; null = none are known.
    last_claim: the highest claim number given; 1 is the placed part's, whether or not anything of it was
        accepted.
    passed_over: why what waits of it takes no units now, although some may be there; null = it takes them.
    kept: why what is allocated to it is not released now; null = all of it is.
    beyond: the horizon; null = it is within, or its item has none.
    cancel_after: when what still waits of it is cancelled, `cancel_cause` whose word that is.
    promise: what its waiting units were promised for; null = never anything.
    still_waiting: when it is told that it still waits, by the event that began the wait.
    """

    order_id: str
    line: int
    sku: str
    location: str | None
    may_wait: bool
    own_priority: int | None
    own_required_by: int | None
    priority: int
    required_by: int | None
    accepted_at: int
    ordered: int
    shipped: int = 0
    cancelled: int = 0
    refused: int = 0
    claims: tuple[Claim, ...] = ()
    last_claim: int = 1
    at: dict[str, AtLocation] = field(default_factory=dict)
    cancel_pending: int = 0
    opened_at: int | None = None
    seq: int = 0
    version: int = 0
    position: int | None = None
    changed_at: int = 0
    taken_off: int = 0
    passed_over: str | None = None
    kept: str | None = None
    promise: Promise | None = None
    beyond: Beyond | None = None
    cancel_after: int | None = None
    cancel_cause: str = ""
    still_waiting: Date | None = None
    parts: tuple[Part, ...] = ()
    part_dates: dict[str, int] | None = None

    @property
    def takes(self) -> tuple[tuple[str, int], ...]:
        """What one of its units takes: units of its components, or one of its own SKU."""
        return self.parts or ((self.sku, 1),)

    def takes_of(self, sku: str) -> int:
        """Units of a SKU that one of its units takes."""
        return units_of(self.parts, sku) if self.parts else int(self.sku == sku)

    @property
    def promised_at(self) -> int | None:
        return None if self.promise is None else self.promise.current

    @property
    def waiting(self) -> int:
        units = 0
        for claim in self.claims:
            units += claim.waiting
        return units

    @property
    def allocated(self) -> int:
        units = 0
        for claim in self.claims:
            for quantity in claim.allocated.values():
                units += quantity
        return units

    @property
    def open(self) -> int:
        """Units that wait or are allocated."""
        return self.ordered - self.shipped - self.cancelled

    @property
    def released(self) -> int:
        """Units with the warehouse: released, or picked all the same."""
        units = 0
        for place in self.at.values():
            units += max(place.on_release, place.picked)
        return units

    @property
    def shippable(self) -> int:
        """Units that were released and are still the line's, recalled ones included."""
        units = 0
        for place in self.at.values():
            units += place.on_release + place.recalled
        return units

    @property
    def picked(self) -> int:
        units = 0
        for place in self.at.values():
            units += place.picked
        return units

    def allocations(self) -> dict[str, int]:
        """Allocated units by location, in order of allocation."""
        units: dict[str, int] = {}
        for claim in self.claims:
            for location, quantity in claim.allocated.items():
                units[location] = units.get(location, 0) + quantity
        return units

    def allocated_at(self, location: str) -> int:
        units = 0
        for claim in self.claims:
            units += claim.allocated.get(location, 0)
        return units

    def on_release_at(self, location: str) -> int:
        place = self.at.get(location)
        return place.on_release if place else 0

    def picked_at(self, location: str) -> int:
        place = self.at.get(location)
        return place.picked if place else 0

    def cleared_at(self, location: str) -> int:
        place = self.at.get(location)
        return place.cleared if place else 0

    @property
    def first_waiting(self) -> Claim | None:
        """The claim by which the line has its place in the queue; None = nothing of it waits."""
        for claim in self.claims:
            if claim.waiting:
                return claim
        return None

    def claim(self, number: int) -> Claim:
        return next(claim for claim in self.claims if claim.number == number)


class Order(Struct, array_like=True, gc=False):
    """An order's head. `closed_at` is the clock when nothing of it was open any more.

    held: nothing of it is released.
    channel: where it was placed, for the notices about it; null = not said.
    ship: `as_available` or `complete`.
    keeps: it ships complete, has run out of patience, and keeps what comes to it.
    patience_until: when it does so; null = it is whole, or keeps already.
    payment: null = not our concern, else `pending`, `authorized`, `failed`, `expired`.
    asked_to_pay: a new authorization was asked for; `ask_to_pay_at`: when to ask, `pay_until`: how long the
        stock is kept for the answer.
    lapsed: its units went to others for want of a payment; it is passed over.
    """

    order_id: str
    priority: int
    required_by: int | None
    lines: tuple[int, ...] = ()
    releases: int = 0
    shipments: tuple[str, ...] = ()
    closed_at: int | None = None
    held: bool = False
    channel: str | None = None
    ship: str = "as_available"
    keeps: bool = False
    patience_until: int | None = None
    patience_cause: str = ""
    payment: str | None = None
    payment_expires_at: int | None = None
    payment_cause: str = ""
    asked_to_pay: bool = False
    ask_to_pay_at: int | None = None
    pay_until: int | None = None
    lapsed: bool = False


class EarlyCancel(Struct, array_like=True, gc=False):
    """A cancel of a whole order that came before the order."""

    order_id: str
    remembered_at: int


class ShippedUnits(Struct, array_like=True, gc=False):
    line: int
    location: str
    quantity: int


class Shipment(Struct, array_like=True, gc=False):
    order_id: str
    shipment_id: str
    lines: list[ShippedUnits]
    voided: bool = False


class Stock(Struct, array_like=True, gc=False):
    """A SKU at a location; with `location` null, the units that wait without one.

    alarmed: the shortfall as it was last reported, or less since.
    counted_net: the last count was net of open orders.
    received to shipped: totals for the conservation check: what came in and went out since the row began
        explains what is on hand and in transit to it.
    transferred: one more of them: what transfers bring, from their dispatch on, less what they took.
    """

    sku: str
    location: str | None
    on_hand: int = 0
    unavailable: int = 0
    safety_stock: int = 0
    allocated: int = 0
    picked: int = 0
    backordered: int = 0
    on_order: int = 0
    counted_as_of: int | None = None
    as_of: int = 0
    version: int = 0
    alarmed: int = 0
    received: int = 0
    reversed: int = 0
    adjusted: int = 0
    returned: int = 0
    corrected: int = 0
    shipped: int = 0
    held: int = 0
    in_transit: int = 0
    transferred: int = 0
    counted_net: bool = False

    @property
    def sellable(self) -> int:
        return self.on_hand - self.unavailable

    @property
    def open_demand(self) -> int:
        """Units of open order lines here, covered or waiting."""
        return self.allocated + self.backordered

    @property
    def spare(self) -> int:
        """Units beyond all that is kept for somebody or something; below 0 when there are too few."""
        return self.on_hand - self.unavailable - self.safety_stock - self.allocated - self.held

    @property
    def free(self) -> int:
        units = self.on_hand - self.unavailable - self.safety_stock - self.allocated - self.held
        return units if units > 0 else 0

    @property
    def shortfall(self) -> int:
        units = self.allocated - self.on_hand + self.unavailable
        return units if units > 0 else 0


class Reorder(Struct, array_like=True, gc=False):
    """When and how much to buy of an item, or for one location of it; null is not set here.

    suggested: the need, before rounding, that the last suggestion was for; null while the projected quantity
        is above the reorder point.
    """

    point: int | None = None
    up_to: int | None = None
    multiple: int | None = None
    minimum: int | None = None
    suggested: int | None = None


class Sharing(Struct, array_like=True, gc=False):
    """A fair share that is being given out: at a location, to those of one priority.

    units: there were so many to share; waiting: for so many that were waited for.
    last_extra: remainder (below 0) and place of the last one whose part is rounded up; null = nobody's is.
    turn: the place of the last one that had its turn; left: units of its part that go to the next.
    """

    location: str
    priority: int
    units: int
    waiting: int
    last_extra: tuple[int, tuple[int, int, int, str, int, int]] | None
    turn: tuple[int, int, int, str, int, int] | None = None
    left: int = 0


class Item(Struct, array_like=True, gc=False):
    """A SKU's policies, what a shop front was last told, and whether a big step is open.

    reorder: for the SKU as a whole; reorder_at: for single locations; lead times likewise.
    sharing: the fair share that a big step has not given out yet.
    horizon_moved: its lines have not all been looked at yet since `horizon_days` changed.
    expected_at, lead_time_said: as a shop front was last told.
    components: what it is a kit of; empty = it is none.
    kits_waiting: waiting units of kit lines for it. in_kits: units of it that kit lines wait for.
    docks: where units came in that an open big step gives to waiters, who get them straight from there.
    """

    sku: str
    backorderable: bool = True
    backorder_cap: int | None = None
    safety_stock: int = 0
    safety_stock_at: dict[str, int] = field(default_factory=dict)
    discontinued: bool = False
    allow_partial: bool = True
    sourcing: list[str] | None = None
    unsettled: bool = False
    state: str = "out_of_stock"
    sellable: int | None = 0
    version: int = 0
    reorder: Reorder | None = None
    reorder_at: dict[str, Reorder] = field(default_factory=dict)
    lead_time_days: int | None = None
    lead_time_at: dict[str, int] = field(default_factory=dict)
    complete_patience_days: int = 14
    payment_grace_days: int = 3
    ship_lead_days: int = 1
    min_release: int = 1
    strict_order: bool = False
    horizon_days: int | None = None
    horizon_moved: bool = False
    release: str = "automatic"
    allocation: str = "queue"
    sharing: Sharing | None = None
    negative_on_hand: str = "refuse"
    expected_at: int | None = None
    lead_time_said: int | None = None
    components: tuple[Part, ...] = ()
    kits_waiting: int = 0
    in_kits: int = 0
    docks: list[str] = field(default_factory=list)


class Purchase(Struct, array_like=True, gc=False):
    purchase_order_id: str
    lines: list[int]
    receipts: list[str] = field(default_factory=list)
    closed_at: int | None = None


class PurchaseLine(Struct, array_like=True, gc=False):
    """`open` is what is still to come; `pegged_to` the order line that it is for.

    expected_by: id of the event that set `expected_at`.
    overdue_to: what should have come by then is overdue, and promised to nobody any more.
    """

    purchase_order_id: str
    line: int
    sku: str
    location: str
    quantity: int
    open: int
    received: int = 0
    expected_at: int | None = None
    pegged_to: tuple[str, int] | None = None
    announced: list[Announced] = field(default_factory=list)
    expected_by: str = ""
    overdue_to: int = 0


class ReceivedUnits(Struct, array_like=True, gc=False):
    """`lowered` lists purchase line and units by which its open quantity fell, `received` likewise."""

    sku: str
    location: str
    quantity: int
    condition: str
    lowered: list[tuple[int, int]] = field(default_factory=list)
    received: list[tuple[int, int]] = field(default_factory=list)


class Receipt(Struct, array_like=True, gc=False):
    receipt_id: str
    purchase_order_id: str | None
    lines: list[ReceivedUnits]
    received_at: int | None
    reversed: bool = False


class Hold(Struct, array_like=True, gc=False):
    """Units set aside; `quantity` is what is left of it, 0 once it has ended.

    ends_at: `expires_at` and a grace. cause: id of the event that set them. ended_at: the clock then.
    """

    hold_id: str
    sku: str
    location: str
    quantity: int = 0
    expires_at: int = 0
    ends_at: int = 0
    cause: str = ""
    ended_at: int | None = None


class PoolHead(Struct, array_like=True, gc=False):
    """Where a pool's log stands.

    sequence: the running number of the decisions that it has emitted.
    last_event: the time of the last event; what falls due is not said to have happened before it.
    netted_until: no count that is net of open orders speaks for a later moment.
    """

    sequence: int = 0
    last_event: int = 0
    netted_until: int = 0


class PartitionHead(Struct, array_like=True, gc=False):
    """The clock and the rules of a journal partition; `clock` 0 = no tick yet."""

    clock: int = 0
    rules_version: int = 1
    settings: dict[str, int] = field(default_factory=dict)
