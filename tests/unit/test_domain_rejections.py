"""Every reason for which this release rejects an event, and that a rejected event moves nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from backorder.domain import decisions as d
from backorder.domain import events as e
from tests.support.shop import HERE, MONDAY, SKU, THERE, Shop, line


def busy_shop() -> Shop:
    """Order A has a line shipped in part and one that waits, B is closed; P1 and R1 are known; H1 holds one
    of four units elsewhere, H2 has ended; half of T1 has arrived there."""
    shop = Shop(stock=5)
    shop.configure(sourcing=[HERE])
    shop.place("A", 3, 4)
    shop.ship("A", "S1", (1, 1))
    shop.place("B", 1)
    shop.cancel("B")
    shop.buy("P1", 5)
    shop.receive("R1", 1, purchase="P1", line=1)
    shop.count(2, "CPH")
    shop.hold_units("H1", 1, "CPH")
    shop.hold_units("H2", 1, "CPH")
    shop.end_hold("H2")
    shop.adjust(4, "BER")
    shop.send("T1", 4, "BER", "CPH")
    shop.arrive("T1", 2, "BER", "CPH")
    return shop


REASONS: dict[str, list[Callable[[Shop], Any]]] = {
    "unknown_order": [
        lambda shop: shop.amend("X", (1, 1)),
        lambda shop: shop.reschedule("X", priority=1),
        lambda shop: shop.cancel("X", (1, 1)),
        lambda shop: shop.pick("X", 1),
        lambda shop: shop.ship("X", "S9", (1, 1)),
        lambda shop: shop.void("X", "S1"),
        lambda shop: shop.feed(e.ReleaseRequested(SKU, order_id="X", line=1)),
    ],
    "unknown_line": [
        lambda shop: shop.amend("A", (1, 1), (9, 1)),
        lambda shop: shop.reschedule("A", e.RescheduledLine(9, priority=1), priority=1),
        lambda shop: shop.cancel("A", (1, 1), (9, 1)),
        lambda shop: shop.pick("A", 1, 9),
        lambda shop: shop.ship("A", "S9", (1, 1), (9, 1)),
        lambda shop: shop.change_purchase("P1", 9, 1),
        lambda shop: shop.cancel_purchase("P1", 1, 9),
        lambda shop: shop.feed(e.ReleaseRequested(SKU, order_id="A", line=9)),
        lambda shop: shop.feed(e.ReleaseRequested("CUP", order_id="A", line=1)),
    ],
    "unknown_purchase": [
        lambda shop: shop.change_purchase("P9", 1, 1),
        lambda shop: shop.cancel_purchase("P9"),
    ],
    "unknown_shipment": [lambda shop: shop.void("A", "S9")],
    "unknown_receipt": [lambda shop: shop.reverse("R9")],
    "unknown_location": [lambda shop: shop.reschedule("A", e.RescheduledLine(2, location=THERE), priority=1)],
    "duplicate_order": [lambda shop: shop.place("A", 1), lambda shop: shop.place("B", 1)],
    "duplicate_shipment": [lambda shop: shop.ship("A", "S1", (1, 1))],
    "duplicate_receipt": [lambda shop: shop.receive("R1", 1)],
    "duplicate_purchase": [lambda shop: shop.buy("P1", 1)],
    "already_voided": [lambda shop: (shop.void("A", "S1"), shop.void("A", "S1"))],
    "already_reversed": [lambda shop: (shop.reverse("R1"), shop.reverse("R1"))],
    "order_closed": [
        lambda shop: shop.cancel("B"),
        lambda shop: shop.amend("B", (1, 0)),
        lambda shop: shop.reschedule("B", priority=1),
        lambda shop: shop.pick("B", 1),
    ],
    "more_than_ordered": [lambda shop: shop.ship("A", "S9", (1, 3), force=True)],
    "more_than_allocated": [
        lambda shop: shop.ship("A", "S9", (2, 4)),
        lambda shop: shop.pick("A", 3),
        lambda shop: shop.pick("A", -1),
    ],
    "more_than_open": [
        lambda shop: shop.cancel("A", (1, 3)),
        lambda shop: (shop.pick("A", 2), shop.amend("A", (1, 2))),
    ],
    "not_on_hand": [
        lambda shop: shop.adjust(-6),
        lambda shop: shop.adjust(-1, THERE),
        lambda shop: shop.spoil(6),
        lambda shop: shop.spoil(-1),
        lambda shop: shop.send("T2", 7),
        lambda shop: shop.send("T2", 1, THERE, HERE),
    ],
    "unknown_transfer": [lambda shop: shop.arrive("T9", 1), lambda shop: shop.arrive("T1", 1, sku="CUP")],
    "duplicate_transfer": [
        lambda shop: shop.send("T1", 1, "CPH", HERE),
        lambda shop: shop.arrive("T1", 1, "CPH", HERE),
    ],
    "not_free": [
        lambda shop: shop.hold_units("H3", 1),
        lambda shop: shop.hold_units("H3", 4, "CPH"),
        lambda shop: shop.hold_units("H1", 5, "CPH"),
        lambda shop: shop.hold_units("H3", 1, THERE),
    ],
    "unknown_hold": [
        lambda shop: shop.end_hold("H9"),
        lambda shop: shop.end_hold("H2"),
        lambda shop: shop.end_hold("H1", sku="CUP"),
        lambda shop: shop.hold_units("H2", 1, "CPH"),
        lambda shop: shop.hold_units("H1", 1),
        lambda shop: shop.hold_units("H1", 1, "CPH", sku="CUP"),
    ],
    "stale_count": [lambda shop: shop.count(1, as_of=MONDAY)],
}

CASES = [
    pytest.param(reason, do, id=f"{reason}-{number}")
    for reason, ways in REASONS.items()
    for number, do in enumerate(ways, 1)
]


def without_head(dump: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """All of the state but the running number of decisions."""
    return {key: value for key, value in dump.items() if not key.startswith(b'["pool"')}


@pytest.mark.parametrize(("reason", "do"), CASES)
def test_an_event_that_makes_no_sense_is_rejected_once_with_its_reason(
    reason: str, do: Callable[[Shop], Any]
) -> None:
    shop = busy_shop()
    do(shop)
    (rejected,) = shop.told(d.EventRejected)
    assert rejected.reason == reason
    assert rejected.event_id == f"event-{shop.fed}"
    assert rejected.event_source == "/tests"
    assert rejected.event_type.startswith("io.backorder.")
    assert rejected.detail


WHOLE = [
    case for case in CASES if case.values[0] not in ("more_than_open", "already_voided", "already_reversed")
]


@pytest.mark.parametrize(("reason", "do"), WHOLE)
def test_a_rejected_event_moves_nothing(reason: str, do: Callable[[Shop], Any]) -> None:
    shop = busy_shop()
    before = without_head(shop.fold.dump())
    do(shop)
    assert without_head(shop.fold.dump()) == before
    assert shop.written == set()


A_LINE = line(1, 2)
PLAIN: list[e.Event] = [
    e.OrderPlaced("N", [A_LINE], ship="as_available", held=False),
    e.OrderRescheduled("A", ship="as_available", lines=[e.RescheduledLine(2, cancel_after=None)]),
    e.ItemConfigured(
        SKU,
        allocation="queue",
        release="automatic",
        min_release=1,
        strict_order=False,
        negative_on_hand="refuse",
        components=None,
        horizon_days=None,
        complete_patience_days=14,
        payment_grace_days=3,
        ship_lead_days=1,
    ),
    e.ItemConfigured(SKU, release=None, min_release=None, strict_order=None),
]


@pytest.mark.parametrize("event", PLAIN, ids=lambda event: e.type_name(event))
def test_a_field_that_says_what_is_the_default_anyway_is_accepted(event: e.Event) -> None:
    shop = busy_shop()
    shop.feed(event)
    assert shop.rejections() == []


def test_the_reasons_tested_here_are_all_that_this_release_can_give() -> None:
    later = {
        "unknown_hold",
        "unknown_transfer",
        "duplicate_transfer",
        "not_free",
    }
    contract = """
        unknown_order unknown_line unknown_purchase unknown_shipment unknown_receipt unknown_hold
        unknown_transfer unknown_location duplicate_order duplicate_shipment duplicate_receipt
        duplicate_transfer duplicate_purchase already_voided already_reversed order_closed more_than_ordered
        more_than_allocated more_than_open not_free not_on_hand stale_count not_supported_yet
    """
    of_earlier_releases = {"not_supported_yet"}
    assert set(contract.split()) == {*REASONS, *later, *of_earlier_releases}
