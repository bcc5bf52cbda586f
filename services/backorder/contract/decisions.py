"""What every decision that goes out carries: the rule that was applied and the figures it rested on."""

from typing import Annotated

from backorder.contract.types import (
    Figures,
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
    OneOfNow(
        "intake",
        "all_or_nothing",
        "queue_order",
        "whole_only",
        "min_release",
        "strict_order",
        "fair_share",
        "out_of_turn",
        "pegged",
        "demotion",
        "amended",
        "cancelled",
        "closed_short",
        "expired",
        "shipment",
        "order_complete",
        "complete_patience",
        "as_available",
        "complete",
        "manual_release",
        "withdrawal",
        "reorder_point",
        "planned_supply",
        "lead_time",
        "no_supply",
    ),
    doc(
        "The rule that decided. `intake`: judged when the units were asked for. `all_or_nothing`: an "
        "order that denies backorders, and one line is short. `queue_order`: the first in the queue that "
        "could use the units. `whole_only`: the first that could be filled whole, as its item asks. "
        "`min_release`: the first to whom the units are worth a fill. `strict_order`: the first, who else "
        "would have blocked the others. `fair_share`: its share of what all of one priority wait for. "
        "`out_of_turn`: a planner chose this line. `pegged`: bought for this line. `demotion`: units were "
        "lost, and the last in the queue give up. `amended`, `cancelled`, `closed_short`, `shipment`: "
        "the event says so. `expired`: it has waited as long as it may. "
        "`order_complete`: an order that ships complete can be covered whole. "
        "`complete_patience`: such an order has waited long, and takes what a later one keeps. "
        "`as_available`, `complete`: what is covered is released, at once or as a whole. "
        "`manual_release`: a planner asked for it. `withdrawal`: what is no longer covered is not. "
        "`reorder_point`: the trigger was reached. "
        "`planned_supply`: promised for the supply that completes it. `lead_time`: no planned supply "
        "completes it. `no_supply`: nor is there a lead time.",
        "queue_order",
    ),
]
Before = Annotated[
    Figures, doc("The figures before the decision, units of the line and its SKU.", {"waiting": 5, "free": 2})
]
After = Annotated[Figures, doc("The same figures after it.", {"waiting": 3, "free": 0})]
Seq = Annotated[
    LineNumber,
    doc(
        "From 1, rising by one per line on `backorders`: a reader who keeps the last one counts each once.", 1
    ),
]


class LineDecision(Payload):
    """A decision about one order line, on `backorders`."""

    order_id: OrderId
    line: OrderLineNumber
    sku: Sku
    seq: Seq
    rule: Rule
    before: Before
    after: After
