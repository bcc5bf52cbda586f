"""The compacted tables: `stock`, `lines` and `availability`, the last row per key, each row whole."""

from typing import Annotated, Literal

from annotated_types import Ge

from backorder.contract.types import (
    Days,
    Id,
    Location,
    Moment,
    OneOfNow,
    OrderId,
    OrderLineNumber,
    Payload,
    Priority,
    SignedUnits,
    Sku,
    Units,
    UnitsOrNone,
    doc,
)

Pool = Annotated[Id, doc("The stock pool.", "default")]


class StockLevel(Payload):
    """The figures of one SKU at one location. Quantities are in the item's stocking unit."""

    pool: Pool
    sku: Sku
    location: Annotated[
        Id | None, doc("The location; null: the row of the units that wait without a location.", "AMS-1")
    ]
    on_hand: Annotated[SignedUnits, doc("Units on the shelf, `unavailable` ones included.", 40)]
    unavailable: Annotated[UnitsOrNone, doc("Units on hand that cannot be sold.", 2)]
    safety_stock: Annotated[UnitsOrNone, doc("Units kept out of sale here.", 5)]
    held: Annotated[UnitsOrNone, doc("Units set aside by holds.", 0)]
    allocated: Annotated[UnitsOrNone, doc("Units set aside for order lines, picked ones included.", 30)]
    picked: Annotated[UnitsOrNone, doc("Units taken off the shelf and not yet shipped.", 10)]
    free: Annotated[
        UnitsOrNone,
        doc("on_hand - unavailable - held - safety_stock - allocated, shown as 0 when below.", 3),
    ]
    shortfall: Annotated[
        UnitsOrNone, doc("How far `allocated` exceeds on_hand - unavailable; 0 when it does not.", 0)
    ]
    backordered: Annotated[UnitsOrNone, doc("Units that wait here.", 0)]
    on_order: Annotated[UnitsOrNone, doc("Units on open purchase lines for here.", 100)]
    in_transit: Annotated[UnitsOrNone, doc("Units on their way here from another location.", 0)]
    available_to_promise: Annotated[
        SignedUnits,
        doc("on_hand - unavailable - held - safety_stock - allocated - backordered; may be below 0.", 3),
    ]
    as_of: Annotated[Moment, doc("When the last change happened.", "2026-03-01T09:30:00Z")]


WaitsFor = Annotated[str, OneOfNow("stock", "order_complete", "hold", "payment", "manual_release", "horizon")]


class Allocation(Payload):
    """Units of a line set aside at one location."""

    location: Location
    quantity: Annotated[Units, doc("Units set aside there.", 3)]


class LineChanged(Payload):
    """One order line as it is now. Always ordered = allocated + backordered + shipped + cancelled."""

    pool: Pool
    order_id: OrderId
    line: OrderLineNumber
    sku: Sku
    location: Annotated[Id | None, doc("The location that the line names; null = any.", "AMS-1")]
    ordered: Annotated[UnitsOrNone, doc("Units ordered, a part refused at intake included.", 8)]
    allocated: Annotated[
        UnitsOrNone, doc("Units on hand set aside for the line, released and picked ones included.", 3)
    ]
    backordered: Annotated[UnitsOrNone, doc("Units that wait.", 5)]
    released: Annotated[UnitsOrNone, doc("Units with the warehouse now, picked ones included.", 3)]
    picked: Annotated[UnitsOrNone, doc("Units picked and not yet shipped.", 0)]
    shipped: Annotated[UnitsOrNone, doc("Units shipped.", 0)]
    cancelled: Annotated[UnitsOrNone, doc("Units cancelled, and units refused at intake.", 0)]
    priority: Annotated[Priority, doc("1 (most urgent) to 9, the order's where the line has none.", 5)]
    required_by: Annotated[
        Moment | None, doc("When the customer needs it; null = no date.", "2026-03-20T00:00:00Z")
    ]
    accepted_at: Annotated[Moment, doc("The line's time in the queue.", "2026-03-01T09:30:00Z")]
    waits_for: Annotated[
        WaitsFor | None,
        doc("Why it is not filled or not released; null = nothing.", "stock"),
    ]
    version: Annotated[
        int,
        Ge(1),
        doc("Counts the changes of the line: of two rows the higher one is the later.", 3),
    ]
    status: Annotated[
        Literal[
            "waiting",
            "part_allocated",
            "allocated",
            "released",
            "part_shipped",
            "shipped",
            "cancelled",
            "refused",
        ],
        doc(
            "`refused`: nothing accepted. `cancelled`: nothing shipped, all cancelled. `shipped`: nothing "
            "open, something shipped. `part_shipped`: something open, something shipped. `released`: all "
            "open units released. `allocated`: all open units allocated. Else `part_allocated`, `waiting`.",
            "part_allocated",
        ),
    ]
    allocations: Annotated[
        list[Allocation],
        doc("Where the allocated units are.", [{"location": "AMS-1", "quantity": 3}]),
    ]
    position: Annotated[
        Annotated[int, Ge(1)] | None,
        doc("Place in the queue when the row was made, 1 is next; null when nothing waits.", 4),
    ]
    opened_at: Annotated[
        Moment | None,
        doc("When the waiting units began to wait; null when nothing waits.", "2026-03-01T09:30:00Z"),
    ]
    promised_at: Annotated[
        Moment | None,
        doc(
            "The last date that was promised; null when nothing waits or none is known.",
            "2026-03-12T08:00:00Z",
        ),
    ]


class AvailabilityChanged(Payload):
    """What a shop front shows before checkout."""

    pool: Pool
    sku: Sku
    state: Annotated[
        Literal["in_stock", "backorder", "out_of_stock", "discontinued"],
        doc(
            "`in_stock`: units are free. `backorder`: an order would wait. `out_of_stock`: it would be "
            "refused. `discontinued`: nothing is free and nothing will come.",
            "backorder",
        ),
    ]
    sellable: Annotated[
        UnitsOrNone | None,
        doc("Units that an order could still claim now, covered or waiting; null = without limit.", None),
    ]
    expected_at: Annotated[
        Moment | None,
        doc("When the next unit not yet promised arrives; null = not known.", "2026-03-12T08:00:00Z"),
    ]
    lead_time_days: Annotated[Days | None, doc("Days from ordering to arrival; null = not known.", 14)]
