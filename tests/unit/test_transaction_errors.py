"""What becomes of a batch when the broker answers a transactional call with an error, for each call.

librdkafka decides by the code whether it tries again by itself, wants an abort, or gives up; here it is the
real one, before a broker that answers as it is told.
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from backorder.engine import kafka
from backorder.engine.config import EngineSettings, KafkaSettings, LoopSettings
from backorder.engine.failures import Aborted, Refused, Restart, ended
from backorder.engine.metrics import Metrics
from backorder.engine.records import Record
from backorder.engine.transactions import Transactions
from backorder.engine.watchdog import Watchdog
from tests.support.broker import unique
from tests.support.mock_broker import MockBroker

TIMEOUT_MS = 5000
INPUT = "in"

REQUESTS = {
    "produce": 0,
    "init": 22,
    "add partitions": 24,
    "add offsets": 25,
    "end": 26,
    "commit offsets": 28,
}
"""Kafka's keys of the requests that a transaction is made of."""

LOADING, NO_COORDINATOR, MOVED, CONCURRENT = (
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.CONCURRENT_TRANSACTIONS,
)
OF_A_COORDINATOR = (LOADING, NO_COORDINATOR, MOVED, CONCURRENT)
RETRIED: dict[str, tuple[int, ...]] = {
    "init": OF_A_COORDINATOR,
    "produce": (
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.KAFKA_STORAGE_ERROR,
    ),
    "add partitions": (*OF_A_COORDINATOR, KafkaError.UNKNOWN_TOPIC_OR_PART),
    "add offsets": OF_A_COORDINATOR,
    "commit offsets": (LOADING, NO_COORDINATOR, MOVED, KafkaError.REQUEST_TIMED_OUT),
    "end": OF_A_COORDINATOR,
}
ABORTED: dict[str, tuple[int, ...]] = {
    "produce": (KafkaError.UNKNOWN_PRODUCER_ID, KafkaError.INVALID_RECORD, KafkaError.UNKNOWN),
    "add partitions": (
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.UNKNOWN,
    ),
    "add offsets": (KafkaError.UNKNOWN_PRODUCER_ID, KafkaError.UNKNOWN),
    "commit offsets": (
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.UNKNOWN,
    ),
    "end": (KafkaError.UNKNOWN_PRODUCER_ID, KafkaError.REQUEST_TIMED_OUT, KafkaError.UNKNOWN),
}
OVER: dict[str, tuple[int, ...]] = {
    "init": (KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED),
    "produce": (KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER),
    "add partitions": (
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_TXN_STATE,
    ),
    "add offsets": (KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.INVALID_TXN_STATE),
    "commit offsets": (KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.INVALID_TXN_STATE),
    "end": (
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_TXN_STATE,
    ),
}
REFUSED: dict[str, tuple[int, ...]] = {
    "init": (
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.INVALID_TRANSACTION_TIMEOUT,
    ),
    "produce": (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.MSG_SIZE_TOO_LARGE),
    "add partitions": (
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
    ),
    "add offsets": (
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    ),
    "commit offsets": (
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
    ),
    "end": (KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,),
}


def cases(table: dict[str, tuple[int, ...]]) -> Any:
    """Each call with each of its codes, by name."""
    pairs = [(call, code) for call, codes in table.items() for code in codes]
    return pytest.mark.parametrize(
        ("call", "code"), pairs, ids=[f"{call}-{KafkaError(code).name()}" for call, code in pairs]
    )


class Writer:
    """A producer with a topic of its own to write to."""

    def __init__(self, broker: MockBroker) -> None:
        prefix = unique("t") + "-"
        self.topic = prefix + "out"
        self._broker = broker
        broker.create_topic(self.topic, 1)
        settings = EngineSettings(
            kafka=KafkaSettings(bootstrap_servers=broker.bootstrap),
            loop=LoopSettings(transaction_timeout_ms=TIMEOUT_MS),
            prefix=prefix,
        )
        self.metrics = Metrics("writer")
        self.hangs: list[str] = []
        self._consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": prefix})
        self._watchdog = Watchdog(self.hangs.append)
        producer = kafka.producer(kafka.producer_config(settings, "writer"))
        self._transactions = Transactions(producer, TIMEOUT_MS, self.metrics, self._watchdog)
        self._started = False

    def __enter__(self) -> "Writer":
        self._watchdog.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._watchdog.__exit__()
        self._consumer.close()
        assert self.hangs == []

    def meet(self, call: str, *codes: int) -> None:
        """Writes a batch in which the next of these calls are answered so."""
        if call == "init":
            self._broker.answer_with(REQUESTS[call], *codes)
        if not self._started:
            self._started = self._transactions.start(lambda: False)
        if call != "init":
            self._broker.answer_with(REQUESTS[call], *codes)
        self.write()

    def write(self) -> None:
        records = [Record(self.topic, b"k", b"v", 0, None)]
        self._transactions.write(records, [TopicPartition(INPUT, 0, 1)], self._consumer)

    def outcomes(self) -> dict[str, float]:
        """Transactions by outcome, as the metric counts them."""
        counted = self.metrics.registry
        return {
            outcome: counted.get_sample_value("backorder_transactions_total", {"outcome": outcome}) or 0
            for outcome in ("committed", "aborted")
        }


@pytest.fixture
def writer() -> Iterator[Writer]:
    # A broker for each: it draws producer ids by lot, and two writers of one id fence each other.
    with MockBroker() as broker:
        broker.create_topic(INPUT, 1)
        with Writer(broker) as made:
            yield made


@cases(RETRIED)
def test_what_a_coordinator_gets_over_is_not_even_noticed(writer: Writer, call: str, code: int) -> None:
    writer.meet(call, code)
    assert writer.outcomes() == {"committed": 1, "aborted": 0}


@cases(ABORTED)
def test_what_fails_the_transaction_aborts_it_and_the_batch_can_be_tried_again(
    writer: Writer, call: str, code: int
) -> None:
    with pytest.raises(Aborted):
        writer.meet(call, code)
    assert writer.outcomes() == {"committed": 0, "aborted": 1}
    _try_again(writer, 3)
    assert writer.outcomes()["committed"] == 1


def _try_again(writer: Writer, times: int) -> None:
    """As the loop does. After a lost record the client may want a second abort, to get its numbers right."""
    for _ in range(times):
        try:
            writer.write()
        except Aborted:
            continue
        return
    raise AssertionError(f"aborted {times} times more")


@cases(OVER)
def test_what_ends_the_producer_ends_the_process_for_the_next_one_to_go_on(
    writer: Writer, call: str, code: int
) -> None:
    with pytest.raises(Restart):
        writer.meet(call, code)
    assert writer.outcomes()["committed"] == 0


@cases(REFUSED)
def test_what_no_repetition_helps_is_refused_and_not_tried_for_ever(
    writer: Writer, call: str, code: int
) -> None:
    with pytest.raises(Refused) as refused:
        writer.meet(call, code)
    assert writer.outcomes()["committed"] == 0
    hints = ("ACLs", "BACKORDER_LOOP__TRANSACTION_TIMEOUT_MS", "backorder topics apply")
    assert any(hint in str(refused.value) for hint in hints), "it says what to change"


def test_a_commit_that_failed_for_reasons_unknown_and_cannot_be_aborted_either_has_an_unknown_outcome(
    writer: Writer,
) -> None:
    """A broker that has the commit all the same answers the abort so: nothing may be done a second time."""
    with pytest.raises(Restart, match="could not be aborted"):
        writer.meet("end", KafkaError.UNKNOWN, KafkaError.INVALID_TXN_STATE)


# --- silence ------------------------------------------------------------------------------------------------


class Silent:
    """A producer to which one call is never answered; librdkafka says so again and again, in `retriable`."""

    def __init__(self, call: str) -> None:
        self._call = call
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        def call(*_: Any, **__: Any) -> None:
            self.calls.append(name)
            if name == self._call:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "silence", retriable=True))

        return call


class NoMember:
    def consumer_group_metadata(self) -> object:
        return object()


@pytest.mark.parametrize("call", ["send_offsets_to_transaction", "commit_transaction"])
def test_a_call_that_is_never_answered_ends_the_process_and_is_not_aborted(call: str) -> None:
    producer = Silent(call)
    with Watchdog() as watchdog:
        transactions = Transactions(cast(Producer, producer), 10, Metrics("silent"), watchdog)
        with pytest.raises(Restart, match="no answer to"):
            transactions.write([], [], cast(Consumer, NoMember()))
    assert producer.calls.count(call) > 1
    assert "abort_transaction" not in producer.calls


def test_a_client_that_is_over_and_does_not_say_why_is_said_to_have_lost_its_slot_most_likely() -> None:
    reason = str(ended(KafkaError(KafkaError._FATAL), "the transaction failed"))
    assert "the transaction failed, most likely because another process has taken over this slot" in reason
