"""An event that moves more lines of other orders than a step may goes on in continuations."""

from tests.support.shop import Shop


def test_the_last_part_of_a_big_step_brings_the_availability_up_to_date() -> None:
    shop = Shop(step_lines=1)
    shop.place("A", 1)
    shop.place("B", 1)
    shop.receive("R1", 2, finish=False)
    assert shop.availability() == ("in_stock", None)
    shop.finish()
    assert shop.availability() == ("backorder", None)
