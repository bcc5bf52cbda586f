"""What every decision that goes out carries: the rule that was applied and the figures it rested on."""

from typing import Annotated

from backorder.contract.types import (
    Figures,
    Id,
    LineNumber,
    OneOfNow,
    OrderId,
    OrderLineNumber,
    Payload,
    Sku,
    doc,
)

Rule = Annotated[
    str,
    OneOfNow("intake", "queue", "own_stock", "shipment", "cancelled", "amended", "demoted"),
    doc("The rule that decided, by name: why this line and not that one.", "queue"),
]
Before = Annotated[Figures, doc("The figures before the decision.", {"free": 0, "backordered": 5})]
After = Annotated[Figures, doc("The figures after it.", {"free": 0, "backordered": 3})]
Seq = Annotated[
    LineNumber,
    doc(
        "From 1, rising by one per line on `backorders`: a reader who keeps the last one counts each once.", 1
    ),
]
PlaceOrNone = Annotated[Id | None, doc("The location; null = none in particular.", "AMS-1")]


class LineDecision(Payload):
    """A decision about one order line, on `backorders`."""

    order_id: OrderId
    line: OrderLineNumber
    sku: Sku
    seq: Seq
    rule: Rule
    before: Before
    after: After
