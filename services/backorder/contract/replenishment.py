"""What goes out on the topic `replenishment`: what should be bought. Key: sku."""

from typing import Annotated

from backorder.contract.decisions import Rule
from backorder.contract.types import Id, Payload, SignedUnits, Sku, Units, UnitsOrNone, doc


class ReplenishmentSuggested(Payload):
    """The projected quantity fell to the reorder point: so many units should be bought. Said once per
    crossing, and again when the need has grown by an order multiple."""

    sku: Sku
    location: Annotated[
        Id | None, doc("For this location; null = for the item as a whole, as it is configured.", "AMS-1")
    ]
    quantity: Annotated[Units, doc("Units to buy, in multiples and above the minimum of the item.", 48)]
    projected: Annotated[
        SignedUnits, doc("on_hand - unavailable + on_order + in_transit - all open demand.", 12)
    ]
    reorder_point: Annotated[UnitsOrNone, doc("The trigger.", 20)]
    waiting: Annotated[UnitsOrNone, doc("Units that wait now.", 5)]
    rule: Rule
