"""What may happen in a random trade: names, steps of time, policies, and whole events that are unknown to the
pool."""

from datetime import timedelta
from typing import Any

from backorder.domain import events as e
from tests.support.shop import MONDAY

POOL = "default"
SKUS, PLACES = ["CUP", "MUG", "PLATE"], ["AMS", "BER", "CPH"]
KITS = ["BOX", "TEA"]
"""What is made of the other SKUs, at least at first; one comes before them in name order, one after."""
ORDERS = [f"O{n}" for n in range(14)]
PURCHASES = [f"P{n}" for n in range(4)]

STEPS = [timedelta(0), *[timedelta(seconds=seconds) for seconds in (1, 20, 59, 60, 90, 600, 1800, 3601)] * 3]
STEPS += [timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=7)]
"""By how much an event is later than the one before."""

DATES = [None, None, None, *[MONDAY + timedelta(days=days) for days in range(3)]]
UNITS = [1, 2, 3, 4, 5] * 7 + [25, 2**53 - 1]

LIVES = [timedelta(seconds=seconds) for seconds in (-3600, -60, -30, 0, 20, 600, 3600, 3600, 7200, 86400)]
"""How long a hold of stock lives; below 0: word of it comes late."""

POLICIES: dict[str, list[Any]] = {
    "backorderable": [True, True, True, False, None],
    "backorder_cap": [None, None, 0, 2, 5, 12],
    "safety_stock": [None, 0, 1, 2, 4],
    "negative_on_hand": ["allow", "refuse", None],
    "discontinued": [True, False, False, False, None],
    "allow_partial": [True, False, None],
    "reorder_point": [None, 0, 2, 5, 10],
    "order_up_to": [None, 12, 20],
    "order_multiple": [None, 1, 3, 7],
    "order_minimum": [None, 1, 5],
    "payment_grace_days": [None, 0, 1, 2],
    "ship_lead_days": [None, 0, 1, 2],
    "complete_patience_days": [None, 0, 1, 2, 3],
    "min_release": [None, 1, 2, 3, 6],
    "strict_order": [True, False, None],
    "horizon_days": [None, 0, 1, 2],
    "allocation": ["queue", "fair_share", "fair_share", None],
    "release": ["automatic", "manual", "manual", None],
    "lead_time_days": [None, 1, 3, 10, 0],
    "sourcing": [None, None, PLACES[:1], PLACES[:2], PLACES[1::-1], PLACES[1:], PLACES[::-1]],
}

LOCATION_POLICIES = ["safety_stock", "reorder_point", "order_up_to", "order_multiple", "order_minimum"]
LOCATION_POLICIES += ["lead_time_days"]

KINDS: dict[str, tuple[str, ...]] = {
    "place": (),
    "amend": ("ordered",),
    "amend_up": ("ordered",),
    "reschedule": ("ordered",),
    "cancel": ("ordered",),
    "cancel_all": (),
    "hold": ("ordered",),
    "pay": ("ordered",),
    "resume": ("ordered",),
    "pick": ("allocated",),
    "unpick": ("picked",),
    "ship": ("allocated",),
    "ship_something_else": ("ordered",),
    "ship_before_a_count": ("ordered", "StockCounted"),
    "void": ("OrderShipped",),
    "count": (),
    "be_late_for_a_net_count": ("StockCounted",),
    "adjust": (),
    "change_condition": (),
    "take_back": (),
    "dispatch": (),
    "dispatch_more": ("StockTransferred",),
    "take_in_transfer": ("StockTransferred",),
    "hold_units": (),
    "hold_again": ("StockHeld",),
    "end_hold": ("StockHeld",),
    "order_what_is_held": ("StockHeld",),
    "configure": (),
    "configure_location": (),
    "buy": (),
    "change_purchase": ("PurchasePlaced",),
    "cancel_purchase": ("PurchasePlaced",),
    "announce": ("PurchasePlaced",),
    "receive": (),
    "receive_what_was_bought": ("PurchasePlaced",),
    "reverse": ("GoodsReceived",),
    "request_release": ("ordered",),
    "ask_the_impossible": (),
    "pass_time": (),
    "end_batch": (),
}
"""What can be tried, and what must be there for it: a figure of a line that is not 0, an accepted event."""
LATE = [
    "place",
    "place",
    "amend",
    "amend_up",
    "reschedule",
    "cancel",
    "ship",
    "ship",
    "ship_something_else",
    "void",
]
LATE += ["adjust", "change_condition", "take_back", "receive", "hold_units", "end_hold", "order_what_is_held"]
"""What may be late for a count that is net of open orders."""
WEIGHTS = {"place": 4, "cancel": 3, "receive": 3}
WEIGHTS |= dict.fromkeys(
    ["ask_the_impossible", "configure", "configure_location", "cancel_all", "pass_time"], 1
)

plain = e.OrderLine(1, "CUP", 2)
UNKNOWN: list[e.Event] = [
    e.OrderAmended("ghost", [e.AmendedLine(1, 1)]),
    e.OrderRescheduled("ghost", priority=1),
    e.OrderCancelled("ghost", "customer", [e.CancelledLine(1)]),
    e.OrderHeld("ghost", "fraud"),
    e.OrderPaymentChanged("ghost", "failed"),
    e.OrderResumed("ghost", "checked"),
    e.OrderPicked("ghost", [e.PickedLine(1, 1, "AMS")]),
    e.OrderShipped("ghost", "S0", [e.ShippedLine(1, 1, "AMS")]),
    e.OrderShipmentVoided("ghost", "S0"),
    e.ReleaseRequested("CUP", order_id="ghost", line=1),
    e.StockHoldEnded("CUP", "ghost"),
    e.StockTransferred("CUP", "ghost", "AMS", "BER", 1, "received"),
    e.PurchaseChanged("ghost", [e.ChangedPurchaseLine(1, 1)]),
    e.PurchaseCancelled("ghost"),
    e.ShipmentAnnounced("N0", "ghost", MONDAY, [e.AnnouncedLine(1, 1)]),
    e.GoodsReceiptReversed("ghost", "booked twice"),
]
