"""The demo's warehouse: what it says of an order comes after the release that it follows from."""

import json
from collections.abc import Iterator
from typing import Any

from backorder.demo.warehouse import PATIENCE, REST, Warehouse


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def event(kind: str, subject: str, **data: Any) -> bytes:
    return json.dumps({"type": f"io.backorder.{kind}.v1", "subject": subject, "data": data}).encode()


def placed(order_id: str) -> bytes:
    return event("order.placed", order_id, order_id=order_id, lines=[{"line": 1, "sku": "S", "quantity": 2}])


def shipped(order_id: str, quantity: int, force: bool = False) -> bytes:
    lines = [{"line": 1, "quantity": quantity, "location": "L"}]
    return event("order.shipped", order_id, order_id=order_id, shipment_id="s", lines=lines, force=force)


def played(lines: list[bytes]) -> tuple[Warehouse, Clock, Iterator[bytes]]:
    clock = Clock()
    warehouse = Warehouse(clock)
    return warehouse, clock, warehouse.in_turn(lines)


def test_a_shipment_waits_for_its_release_and_others_go_on_meanwhile() -> None:
    warehouse, _, turn = played([placed("A"), shipped("A", 2), placed("B"), placed("C")])
    assert [next(turn), next(turn)] == [placed("A"), placed("B")]
    warehouse.released("default", "A", 1, 2)
    assert list(turn) == [shipped("A", 2), placed("C")]


def test_what_comes_later_for_an_order_stays_behind_what_waits() -> None:
    cancelled = event("order.cancelled", "A", order_id="A", reason="late")
    warehouse, _, turn = played([shipped("A", 1), cancelled, placed("B"), placed("C")])
    assert next(turn) == placed("B")
    warehouse.released("default", "A", 1, 1)
    assert list(turn) == [shipped("A", 1), cancelled, placed("C")]


def test_withdrawn_units_are_not_there_to_ship() -> None:
    warehouse, _, turn = played([placed("B"), shipped("A", 2), placed("C"), placed("D")])
    warehouse.released("default", "A", 1, 2)
    warehouse.released("default", "A", 1, -1)
    assert [next(turn), next(turn)] == [placed("B"), placed("C")]
    warehouse.released("default", "A", 1, 1)
    assert list(turn) == [shipped("A", 2), placed("D")]


def test_a_released_unit_is_shipped_once() -> None:
    warehouse, clock, turn = played([shipped("A", 1), shipped("A", 1), placed("B"), placed("C")])
    warehouse.released("default", "A", 1, 1)
    assert [next(turn), next(turn)] == [shipped("A", 1), placed("B")]
    clock.now = PATIENCE
    assert list(turn) == [shipped("A", 1), placed("C")]


def test_a_shipment_whose_release_never_comes_is_published_all_the_same() -> None:
    _, clock, turn = played([shipped("A", 1), placed("B"), placed("C")])
    assert next(turn) == placed("B")
    clock.now = PATIENCE
    assert list(turn) == [shipped("A", 1), placed("C")]


def test_a_forced_shipment_does_not_wait() -> None:
    _, _, turn = played([shipped("A", 1, force=True), placed("B")])
    assert list(turn) == [shipped("A", 1, force=True), placed("B")]


def test_a_count_comes_after_what_happened_before_it() -> None:
    counted = event("stock.counted", "S", sku="S")
    _, clock, turn = played([counted, placed("A"), placed("B")])
    assert next(turn) == placed("A")
    clock.now = REST
    assert list(turn) == [counted, placed("B")]


def test_a_line_that_cannot_be_read_is_published_in_its_turn() -> None:
    _, _, turn = played([b"\xff", b"{}", placed("A")])
    assert list(turn) == [b"\xff", b"{}", placed("A")]
