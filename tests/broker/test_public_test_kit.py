"""`backorder.testing.Processor` as a platform's tests use it, on any Kafka."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import IsolationLevel

from backorder.contract.orders import OrderPlaced
from backorder.contract.unreadable import Unreadable
from backorder.local.processes import ProcessDied
from backorder.testing import Processor
from tests.support.broker import AnyBroker, Record, admin, end_offsets, produce, unique
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

LINES = [{"line": 1, "sku": "MUG", "quantity": 8}]
UNCOMMITTED = IsolationLevel.READ_UNCOMMITTED


@pytest.fixture(scope="module")
def processor(broker: AnyBroker) -> Iterator[Processor]:
    """One for all tests that leave it running; each has a pool of its own."""
    with Processor(broker.bootstrap) as running:
        yield running


@pytest.fixture
def pool() -> str:
    return unique("pool")


def receive(processor: Processor, pool: str, quantity: int) -> None:
    lines = [{"sku": "MUG", "location": "AMS", "quantity": quantity}]
    processor.publish("goods.received", {"receipt_id": unique("R"), "lines": lines}, pool=pool)


def test_an_order_is_published_its_release_awaited_and_its_row_looked_at(
    processor: Processor, pool: str
) -> None:
    order = unique("ANNA")
    receive(processor, pool, 5)
    processor.publish(OrderPlaced.model_validate({"order_id": order, "lines": LINES}), pool=pool, id="7")

    [release] = processor.wait_until(lambda: processor.events("release.created", order))

    assert (release.type, release.subject, release.pool) == ("release.created", order, pool)
    assert [line.quantity for line in release.data.lines] == [5]
    row = processor.table("lines")[pool, order, 1]
    assert (row.ordered, row.allocated, row.backordered) == (8, 5, 3)
    assert processor.table("stock")[pool, "MUG", "AMS"].on_hand == 5
    assert processor.table("availability")[pool, "MUG"].state == "backorder"


def test_what_has_not_happened_when_all_is_quiet_will_not_happen(processor: Processor, pool: str) -> None:
    order = unique("BERT")
    processor.publish("order.placed", {"order_id": order, "lines": LINES}, pool=pool)

    processor.wait_until_quiet()

    assert processor.events("release.created", order) == []
    assert [event.data.quantity for event in processor.events("backorder.opened", order)] == [8]


def test_an_event_that_would_be_buried_is_refused_and_not_published(processor: Processor) -> None:
    before = ends(processor)

    with pytest.raises(Unreadable, match=r"data\.lines"):
        processor.publish("order.placed", {"order_id": "C", "lines": []})

    assert ends(processor) == before


def ends(processor: Processor) -> list[int]:
    found = end_offsets(processor.bootstrap, processor.topic("orders"), UNCOMMITTED)
    return [place.offset for place in found]


def test_what_was_buried_is_shown_with_its_reason(processor: Processor) -> None:
    key = unique("broken").encode()
    produce(processor.bootstrap, processor.topic("orders"), [Record(b"{}", key)])

    def buried() -> list[tuple[str, str]]:
        letters = processor.dead_letters()
        return [(letter.reason, letter.topic) for letter in letters if letter.key == key]

    assert processor.wait_until(buried) == [("not_cloudevents", processor.topic("orders"))]


def test_a_wait_in_vain_tells_what_was_waited_for_and_what_was_rejected(
    processor: Processor, pool: str
) -> None:
    order = unique("NOBODY")
    part = {"order_id": order, "reason": "customer", "lines": [{"line": 1}]}
    processor.publish("order.cancelled", part, pool=pool)
    processor.wait_until(lambda: processor.events("event.rejected", order))

    with pytest.raises(AssertionError, match="waited 0 s in vain: a release for nobody") as vain:
        processor.wait_until(
            lambda: processor.events("release.created", order), "a release for nobody", deadline=0
        )

    assert any(order in note and "rejected: unknown_order" in note for note in vain.value.__notes__)


@pytest.mark.parametrize("name", ["orders", "journal", "line"])
def test_a_table_that_there_is_not_is_a_mistake(name: str, processor: Processor) -> None:
    table: object = processor.table
    with pytest.raises(ValueError, match="but lines, stock, availability"):
        table(name)  # type: ignore[operator]


def test_an_event_that_never_goes_out_is_a_mistake(processor: Processor) -> None:
    with pytest.raises(ValueError, match=r"but backorder\.opened"):
        processor.events("order.placed")


def test_a_service_that_was_killed_and_started_again_goes_on(processor: Processor, pool: str) -> None:
    order = unique("DORA")
    processor.services.kill("allocation")
    processor.publish("order.placed", {"order_id": order, "lines": LINES}, pool=pool)
    processor.services.start("allocation")

    assert processor.wait_until(lambda: processor.events("backorder.opened", order))


def test_its_topics_are_gone_at_the_end_and_those_under_your_own_prefix_stay(
    broker: AnyBroker, tmp_path: Path
) -> None:
    mine = unique("mine") + "-"
    with Processor(broker.bootstrap, topic_prefix=mine, logs=tmp_path) as kept:
        assert kept.topic("orders") == mine + "orders"
    with Processor(broker.bootstrap) as dropped:
        theirs = dropped.topic_prefix

    client = admin(broker.bootstrap)

    def topics(prefix: str) -> list[str]:
        return [name for name in client.list_topics(timeout=10).topics if name.startswith(prefix)]

    wait_until(lambda: not topics(theirs), "the topics are gone")
    assert mine + "journal" in topics(mine)
    assert "ended" in (tmp_path / "allocation-0.log").read_text()


def test_a_service_that_does_not_start_ends_the_start_with_its_log(broker: AnyBroker) -> None:
    wrong = Processor(broker.bootstrap, settings={"BACKORDER_LOOP__BATCH_RECORDS": "none"})

    with pytest.raises(ProcessDied, match=r"(?s)exited with status 2.*BACKORDER_LOOP__BATCH_RECORDS"):
        wrong.start()


def test_an_error_in_the_with_has_the_ends_of_the_logs_below_it(broker: AnyBroker) -> None:
    with pytest.raises(KeyError) as failed, Processor(broker.bootstrap) as processor:
        processor.topic("no such topic")

    [note] = failed.value.__notes__
    assert all(f"--- the end of {name}-0.log" in note for name in ("orders", "allocation"))
