"""Which events go out: type, topic, payload; and all types, in and out."""

from typing import NamedTuple

from backorder.contract import backorders, exceptions, notices, releases, replenishment, tables
from backorder.contract.event_types import INPUT_TYPES, InputType, full_name
from backorder.contract.types import Payload


class OutputType(NamedTuple):
    """One type of event that goes out."""

    short: str
    topic: str
    payload: type[Payload]
    subject: str
    """What the subject is, and the key: a field of the data, or a JSON array of fields."""

    @property
    def name(self) -> str:
        """The `type` attribute."""
        return full_name(self.short)


OUTPUT_TYPES: tuple[OutputType, ...] = (
    OutputType("backorder.opened", "backorders", backorders.BackorderOpened, "order_id"),
    OutputType("backorder.filled", "backorders", backorders.BackorderFilled, "order_id"),
    OutputType("backorder.closed", "backorders", backorders.BackorderClosed, "order_id"),
    OutputType("backorder.reopened", "backorders", backorders.BackorderReopened, "order_id"),
    OutputType("backorder.promised", "backorders", backorders.BackorderPromised, "order_id"),
    OutputType("order.refused", "backorders", backorders.OrderRefused, "order_id"),
    OutputType("line.refused", "backorders", backorders.LineRefused, "order_id"),
    OutputType("release.created", "releases", releases.ReleaseCreated, "order_id"),
    OutputType("release.withdrawn", "releases", releases.ReleaseWithdrawn, "order_id"),
    OutputType("replenishment.suggested", "replenishment", replenishment.ReplenishmentSuggested, "sku"),
    OutputType("stock.level", "stock", tables.StockLevel, "[pool, sku, location]"),
    OutputType("line.changed", "lines", tables.LineChanged, "[pool, order_id, line]"),
    OutputType("availability.changed", "availability", tables.AvailabilityChanged, "[pool, sku]"),
    OutputType("event.rejected", "exceptions", exceptions.EventRejected, "the subject of the rejected event"),
    OutputType("stock.discrepancy", "exceptions", exceptions.StockDiscrepancy, "sku"),
    OutputType("notice.due", "notices", notices.NoticeDue, "order_id"),
)

OUTPUTS: dict[str, OutputType] = {kind.name: kind for kind in OUTPUT_TYPES}
"""The `type` attribute to what is known of it."""

EventType = InputType | OutputType

EVENT_TYPES: tuple[EventType, ...] = (*INPUT_TYPES, *OUTPUT_TYPES)
