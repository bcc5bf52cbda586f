"""Publishing lines: the type decides the topic, the subject is the key, the line itself the value."""

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException

from backorder.contract.envelope import encode_structured
from backorder.contract.unreadable import Unreadable
from backorder.publisher.publisher import AHEAD, CATCH_UP, NotPublished, Publisher
from backorder.publisher.records import Record, nearest_record, record_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeProducer:
    """Keeps what it is given. `full_at`: the queue has room for so many until it is polled."""

    def __init__(self, full_at: int | None = None, fails: bool = False, left: int = 0) -> None:
        self.produced: list[tuple[str, bytes, bytes | None, Any]] = []
        self.polled = 0
        self.purged = False
        self._full_at = full_at
        self._fails = fails
        self._left = left
        self._room = full_at or 0

    def produce(
        self, topic: str, value: bytes, key: bytes | None, *, headers: Any, on_delivery: Callable[..., None]
    ) -> None:
        if self._full_at is not None:
            if self._room == 0:
                raise BufferError("queue full")
            self._room -= 1
        self.produced.append((topic, value, key, headers))
        if self._fails:
            on_delivery(KafkaError(KafkaError._MSG_TIMED_OUT), None)

    def poll(self, _timeout: float) -> int:
        self.polled += 1
        self._room = self._full_at or 0
        return 0

    def flush(self, _timeout: float) -> int:
        return self._left

    def purge(self) -> None:
        self.purged = True


def line(kind: str, data: dict[str, Any], **about: Any) -> bytes:
    return (
        encode_structured(kind, data, **{"id": "1", "source": "/tests", "time": NOON, **about}).value + b"\n"
    )


ORDER = line("order.placed", {"order_id": "A", "lines": [{"line": 1, "sku": "MUG", "quantity": 1}]})
LOSS = line(
    "stock.adjusted", {"sku": "MUG", "location": "AMS", "quantity": -1, "reason": "lost"}, pool="north"
)
RECEIPT = line(
    "goods.received", {"receipt_id": "R", "lines": [{"sku": "MUG", "location": "AMS", "quantity": 1}]}
)
TICK = b'{"type": "io.backorder.clock.ticked.v1", "time": "2026-03-01T12:00:00Z"}\n'
BROKEN = ORDER.replace(b'"quantity":1', b'"quantity":"1"')


def publish(lines: Iterable[bytes], producer: FakeProducer | None = None, **options: Any) -> FakeProducer:
    producer = producer or FakeProducer()
    Publisher(producer, **options).publish(lines)  # type: ignore[arg-type]
    return producer


def test_the_type_decides_the_topic_and_the_subject_is_the_key() -> None:
    assert record_of(ORDER) == Record("orders", b"A", "1", "default")
    assert record_of(LOSS) == Record("inventory", b"MUG", "1", "north")
    assert record_of(RECEIPT) == Record("receiving", b"R", "1", "default")


def test_the_line_itself_is_the_value_with_the_header_of_structured_mode() -> None:
    producer = publish([ORDER])
    headers = [("content-type", b"application/cloudevents+json")]
    assert producer.produced == [("orders", ORDER.strip(), b"A", headers)]


def test_a_prefix_stands_before_every_topic() -> None:
    assert [topic for topic, *_ in publish([ORDER, LOSS], prefix="demo-").produced] == [
        "demo-orders",
        "demo-inventory",
    ]


def test_the_order_of_the_lines_is_kept() -> None:
    lines = [ORDER.replace(b'"A"', b'"A%d"' % number) for number in range(50)]
    assert [value for _, value, *_ in publish(lines).produced] == [each.strip() for each in lines]


def test_what_is_no_valid_event_is_not_sent_but_told_with_its_line() -> None:
    told: list[tuple[int, str]] = []

    def refused(number: int, unreadable: Unreadable) -> None:
        told.append((number, unreadable.reason.value))

    producer = FakeProducer()
    publisher = Publisher(producer, refused=refused)  # type: ignore[arg-type]
    publisher.publish([ORDER, BROKEN, b"\n", b"nonsense\n", LOSS])
    assert [topic for topic, *_ in producer.produced] == ["orders", "inventory"]
    assert told == [(2, "invalid_field"), (4, "not_json")]
    assert (publisher.published, publisher.refused) == (2, 2)


def test_broken_events_are_sent_where_their_type_belongs_when_that_is_wished() -> None:
    producer = publish([BROKEN, b"nonsense\n"], broken_too=True)
    assert [(topic, key) for topic, _, key, _ in producer.produced] == [("orders", b"A"), ("orders", None)]


@pytest.mark.parametrize(
    ("event", "topic"),
    [
        ({"type": "io.backorder.order.plcaed.v1", "subject": "A"}, "orders"),
        ({"type": "io.backorder.stock.miscounted.v1", "subject": "A"}, "inventory"),
        ({"type": "io.backorder.item.renamed.v1"}, "inventory"),
        ({"type": "io.backorder.purchase.forgotten.v1", "subject": 5}, "receiving"),
        ({"type": "io.backorder.goods.lost.v1"}, "receiving"),
        ({"type": "com.example.something"}, "orders"),
        ([], "orders"),
    ],
)
def test_the_first_word_of_an_unknown_type_says_where_it_was_meant_to_go(event: Any, topic: str) -> None:
    assert nearest_record(msgspec.json.encode(event)).topic == topic


def test_ticks_of_a_simulation_are_left_out() -> None:
    producer = FakeProducer()
    publisher = Publisher(producer, broken_too=True)  # type: ignore[arg-type]
    publisher.publish([TICK, ORDER])
    assert len(producer.produced) == 1
    assert (publisher.published, publisher.refused) == (1, 0)


def test_a_full_queue_is_waited_for() -> None:
    producer = publish([ORDER] * 10, FakeProducer(full_at=3))
    assert len(producer.produced) == 10
    assert producer.polled >= 3


def test_what_kafka_did_not_take_is_an_error() -> None:
    with pytest.raises(NotPublished, match="2 events were not taken"):
        publish([ORDER, LOSS], FakeProducer(fails=True))


def test_what_is_still_queued_at_the_end_is_an_error() -> None:
    with pytest.raises(NotPublished, match="3 events were not taken within"):
        publish([ORDER], FakeProducer(left=3))


def test_a_record_that_kafka_refuses_at_once_is_an_error() -> None:
    class Refusing(FakeProducer):
        def produce(self, *_: Any, **__: Any) -> None:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))

    with pytest.raises(NotPublished, match="size"):
        publish([ORDER], Refusing())


def test_when_told_to_stop_it_sends_no_more_and_waits_for_nothing() -> None:
    stop = threading.Event()

    def lines() -> Iterable[bytes]:
        yield ORDER
        stop.set()
        yield ORDER

    producer = publish(lines(), FakeProducer(left=5), stop=stop)
    assert len(producer.produced) == 1
    assert producer.purged


class Clock:
    """A clock that only waiting moves; it stands in for `stop`, on which the publisher waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.sent_at: list[float] = []
        monkeypatch.setattr("backorder.publisher.publisher.time.time", lambda: self.now)

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def sent(self, _record: Record, now: float) -> None:
        self.sent_at.append(now - 1000.0)


def test_events_are_sent_at_the_rate_and_hardly_before_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    publish([ORDER] * 1001, rate=100.0, sent=clock.sent, stop=clock)
    for number, sent_at in enumerate(clock.sent_at):
        assert number / 100 - AHEAD <= sent_at <= number / 100


def test_after_a_long_wait_there_is_no_rush(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def lines() -> Iterable[bytes]:
        for number in range(200):
            if number == 100:
                clock.now += 60.0
            yield ORDER

    publish(lines(), rate=100.0, sent=clock.sent, stop=clock)
    rest = clock.sent_at[100:]
    assert rest[-1] - rest[0] >= 99 / 100 - CATCH_UP - AHEAD


def test_while_it_may_not_go_on_it_waits() -> None:
    asked = 0

    def may_go_on(published: int) -> bool:
        nonlocal asked
        asked += published == 2
        return published < 2 or asked > 3

    producer = publish([ORDER] * 4, may_go_on=may_go_on)
    assert len(producer.produced) == 4
    assert producer.polled == 3


def test_when_told_to_stop_while_it_may_not_go_on_it_stops() -> None:
    stop = threading.Event()

    def never(_published: int) -> bool:
        stop.set()
        return False

    producer = publish([ORDER] * 5, stop=stop, may_go_on=never)
    assert producer.purged
