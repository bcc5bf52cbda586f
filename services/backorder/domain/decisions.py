"""What the fold answers: decisions, in the very fields that are published.

A decision names its `rule` and the figures it rested on, `before` and `after`, so that a reader can say
why this line and not that one. Quantities are units of the item; times are UTC.
"""

from datetime import datetime
from typing import ClassVar, NamedTuple

from msgspec import Struct

from backorder.domain.events import Entry

Figures = dict[str, int]


class Placed(NamedTuple):
    """What became of the units of a line at once when its order was placed."""

    covered: int
    waiting: int
    refused: int


class Decision(Struct, frozen=True):
    """Base of all that is published; `TOPIC` and `TYPE` (the short type name) belong to the class."""

    TOPIC: ClassVar[str]
    TYPE: ClassVar[str]


class OrderDecision(Decision, frozen=True):
    """Base of the decisions about one order: keyed by `order_id`."""

    order_id: str


# --- topic backorders ---------------------------------------------------------------------------------------


class BackorderOpened(OrderDecision, frozen=True):
    """Accepted units begin to wait for stock."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "backorder.opened"
    line: int
    sku: str
    seq: int
    quantity: int
    ordered: int
    allocated: int
    location: str | None
    opened_at: datetime
    position: int
    reason: str
    promised_at: datetime | None
    rule: str
    before: Figures
    after: Figures


class BackorderFilled(OrderDecision, frozen=True):
    """Waiting units are covered; `remaining` still wait."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "backorder.filled"
    line: int
    sku: str
    seq: int
    quantity: int
    remaining: int
    location: str
    opened_at: datetime
    waited_seconds: float
    rule: str
    before: Figures
    after: Figures


class BackorderClosed(OrderDecision, frozen=True):
    """Nothing of the line waits any more; `outcome` says what ended the last waiting unit."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "backorder.closed"
    line: int
    sku: str
    seq: int
    outcome: str
    opened_at: datetime
    waited_seconds: float
    rule: str
    before: Figures
    after: Figures


class BackorderReopened(OrderDecision, frozen=True):
    """Units that were covered, or joined by amendment, wait (again); place and `opened_at` are kept."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "backorder.reopened"
    line: int
    sku: str
    seq: int
    quantity: int
    remaining: int
    location: str | None
    opened_at: datetime
    reason: str
    rule: str
    before: Figures
    after: Figures


class BackorderPromised(OrderDecision, frozen=True):
    """The date that a waiting line is promised came, changed or went."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "backorder.promised"
    line: int
    sku: str
    seq: int
    original: datetime | None
    previous: datetime | None
    current: datetime | None
    reason: str
    rule: str
    before: Figures
    after: Figures


class RefusedLine(Struct, frozen=True):
    line: int
    sku: str
    asked: int
    available: int
    refused: int
    reason: str


class OrderRefused(OrderDecision, frozen=True):
    """An order of `deny` lines only, refused whole because one of them is short."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "order.refused"
    lines: list[RefusedLine]
    rule: str
    before: Figures
    after: Figures


class LineRefused(OrderDecision, frozen=True):
    """Units of a line that were not accepted. `available` is what the line could have taken."""

    TOPIC: ClassVar[str] = "backorders"
    TYPE: ClassVar[str] = "line.refused"
    line: int
    sku: str
    seq: int
    asked: int
    available: int
    refused: int
    reason: str
    rule: str
    before: Figures
    after: Figures


# --- topic releases -----------------------------------------------------------------------------------------


class ReleasedLine(Struct, frozen=True):
    line: int
    sku: str
    location: str
    quantity: int
    was_backordered: bool
    cross_dock: bool


class ReleaseCreated(OrderDecision, frozen=True):
    """The warehouse may ship these units; all releases that follow from one event of one order."""

    TOPIC: ClassVar[str] = "releases"
    TYPE: ClassVar[str] = "release.created"
    release_id: str
    ship: str
    lines: list[ReleasedLine]
    rule: str
    before: Figures
    after: Figures


class WithdrawnLine(Struct, frozen=True):
    line: int
    sku: str
    location: str
    quantity: int


class ReleaseWithdrawn(OrderDecision, frozen=True):
    """These units of an earlier release must not be shipped any more."""

    TOPIC: ClassVar[str] = "releases"
    TYPE: ClassVar[str] = "release.withdrawn"
    release_id: str
    lines: list[WithdrawnLine]
    reason: str
    rule: str
    before: Figures
    after: Figures


# --- topic notices ------------------------------------------------------------------------------------------


class NoticeDue(OrderDecision, frozen=True):
    """A customer should be told something, once."""

    TOPIC: ClassVar[str] = "notices"
    TYPE: ClassVar[str] = "notice.due"
    line: int
    sku: str
    kind: str
    channel: str | None
    quantity: int
    waiting: int
    opened_at: datetime | None
    previous: datetime | None
    promised_at: datetime | None
    expires_at: datetime | None


# --- topic replenishment ------------------------------------------------------------------------------------


class ReplenishmentSuggested(Decision, frozen=True):
    """The projected quantity is at or below the reorder point: so many units should be bought."""

    TOPIC: ClassVar[str] = "replenishment"
    TYPE: ClassVar[str] = "replenishment.suggested"
    sku: str
    location: str | None
    quantity: int
    projected: int
    reorder_point: int
    waiting: int
    rule: str


# --- topic exceptions ---------------------------------------------------------------------------------------


class EventRejected(Decision, frozen=True):
    """An event that was readable and made no sense; `reason` is a code, `detail` says it in words."""

    TOPIC: ClassVar[str] = "exceptions"
    TYPE: ClassVar[str] = "event.rejected"
    event_id: str
    event_type: str
    event_source: str
    reason: str
    detail: str


class StockDiscrepancy(Decision, frozen=True):
    """The figures and the goods disagree; a person should look."""

    TOPIC: ClassVar[str] = "exceptions"
    TYPE: ClassVar[str] = "stock.discrepancy"
    sku: str
    location: str
    kind: str
    quantity: int
    figures: Figures


class Emitted(Struct, frozen=True):
    """A decision on its way out.

    `sequence` is the running number of what the pool has emitted, and so the id of the CloudEvent.
    `key` is the key of the record and the subject of the event. `cause` is the entry that it follows from;
    for what fell due, the clock at that moment under the id of the event that had set the date.
    """

    sequence: int
    key: str
    decision: Decision
    cause: Entry


# --- the compacted tables: one row per key, whole -----------------------------------------------------------


class StockLevel(Struct, frozen=True):
    """A stock row. With `location` null: the units that wait without a location."""

    TOPIC: ClassVar[str] = "stock"
    TYPE: ClassVar[str] = "stock.level"
    pool: str
    sku: str
    location: str | None
    on_hand: int
    unavailable: int
    safety_stock: int
    held: int
    allocated: int
    picked: int
    free: int
    shortfall: int
    backordered: int
    on_order: int
    in_transit: int
    available_to_promise: int
    as_of: datetime


class Allocation(Struct, frozen=True):
    location: str
    quantity: int


class LineChanged(Struct, frozen=True):
    """A line row."""

    TOPIC: ClassVar[str] = "lines"
    TYPE: ClassVar[str] = "line.changed"
    pool: str
    order_id: str
    line: int
    sku: str
    location: str | None
    ordered: int
    allocated: int
    backordered: int
    released: int
    picked: int
    shipped: int
    cancelled: int
    priority: int
    required_by: datetime | None
    accepted_at: datetime
    waits_for: str | None
    version: int
    status: str
    allocations: list[Allocation]
    position: int | None
    opened_at: datetime | None
    promised_at: datetime | None


class AvailabilityChanged(Struct, frozen=True):
    """What a shop front shows before checkout; `sellable` null = without limit."""

    TOPIC: ClassVar[str] = "availability"
    TYPE: ClassVar[str] = "availability.changed"
    pool: str
    sku: str
    state: str
    sellable: int | None
    expected_at: datetime | None
    lead_time_days: int | None
