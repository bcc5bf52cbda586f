"""What may happen in the random trade of the domain's state machine: names, strategies, and whole events that
are unknown to the pool or not supported yet."""

from datetime import timedelta

import msgspec
from hypothesis import strategies as st

from backorder.domain import events as e
from tests.support.shop import MONDAY

POOL = "default"
SKUS, PLACES = ["CUP", "MUG", "PLATE"], ["AMS", "BER", "CPH"]
ORDERS = [f"O{n}" for n in range(10)]
PURCHASES = [f"P{n}" for n in range(4)]

STEPS = [timedelta(0), *[timedelta(seconds=seconds) for seconds in (1, 20, 59, 60, 90, 600)] * 3]
STEPS += [timedelta(hours=1), timedelta(hours=5), timedelta(days=1), timedelta(days=7)]
"""By how much an event is later than the one before."""

chance = st.integers(0, 9)
few = st.integers(1, 5)
units = few | few | few | st.sampled_from([25, 2**53 - 1])
dates = st.none() | st.none() | st.integers(0, 2).map(lambda days: MONDAY + timedelta(days=days))
policies = st.fixed_dictionaries(
    {},
    optional={
        "backorderable": st.sampled_from([True, True, True, False, None]),
        "backorder_cap": st.none() | st.none() | st.integers(0, 12),
        "safety_stock": st.none() | st.integers(0, 4),
        "discontinued": st.sampled_from([True, False, False, False, None]),
        "allow_partial": st.sampled_from([True, False, None]),
        "sourcing": st.none() | st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True),
    },
)

plain = e.OrderLine(1, "CUP", 2)
UNKNOWN: list[e.Event] = [
    e.OrderAmended("ghost", [e.AmendedLine(1, 1)]),
    e.OrderRescheduled("ghost", priority=1),
    e.OrderCancelled("ghost", "customer", [e.CancelledLine(1)]),
    e.OrderPicked("ghost", [e.PickedLine(1, 1, "AMS")]),
    e.OrderShipped("ghost", "S0", [e.ShippedLine(1, 1, "AMS")]),
    e.OrderShipmentVoided("ghost", "S0"),
    e.PurchaseChanged("ghost", [e.ChangedPurchaseLine(1, 1)]),
    e.PurchaseCancelled("ghost"),
    e.GoodsReceiptReversed("ghost", "booked twice"),
]

UNSUPPORTED: list[e.Event] = [
    e.OrderPlaced("O1", [plain], ship="complete"),
    e.OrderPlaced("O2", [plain], held=True),
    e.OrderPlaced("O3", [plain], payment=e.Payment("pending")),
    e.OrderPlaced("O4", [msgspec.structs.replace(plain, cancel_after=MONDAY)]),
    e.OrderPlaced("O5", [msgspec.structs.replace(plain, hold_id="H1")]),
    e.OrderAmended("O1", [e.AmendedLine(1, 9, hold_id="H1")]),
    e.OrderRescheduled("O1", priority=1, ship="complete"),
    e.OrderRescheduled("O1", lines=[e.RescheduledLine(1, cancel_after=MONDAY)]),
    e.OrderHeld("O1", "fraud"),
    e.OrderResumed("O1", "checked"),
    e.OrderPaymentChanged("O1", "failed"),
    e.StockCounted("CUP", "AMS", 9, "available", MONDAY),
    e.StockTransferred("T1", "CUP", "AMS", "BER", 1, "dispatched"),
    e.StockHeld("H1", "CUP", "AMS", 1, MONDAY),
    e.StockHoldEnded("H1", "CUP"),
    e.ReleaseRequested("CUP"),
    e.ShipmentAnnounced("N1", "P1", MONDAY, [e.AnnouncedLine(1, 1)]),
    e.ItemConfigured("CUP", backorderable=False, release="manual"),
    e.ItemConfigured("CUP", safety_stock=3, reorder_point=2),
    e.ItemConfigured("CUP", discontinued=True, components=[e.KitPart("MUG", 1)]),
]
