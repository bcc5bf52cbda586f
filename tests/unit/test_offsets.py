"""Where partitions begin and end is taken from answers only: a number without meaning is none."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_INVALID, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.kafka import EARLIEST, NEWEST
from backorder.engine.offsets import ask_offsets
from backorder.reconcile.kafka_log import KafkaLog

PLACES = [("journal", 0), ("journal", 1)]


class FakeAdmin:
    """Answers with these offsets, by partition."""

    def __init__(self, *offsets: int) -> None:
        self.offsets = offsets
        self.isolation: IsolationLevel | None = None

    def list_offsets(
        self, asked: dict[TopicPartition, Any], isolation_level: IsolationLevel, request_timeout: float
    ) -> dict[TopicPartition, Future[Any]]:
        self.isolation = isolation_level
        answers = {}
        for place in asked:
            answers[place] = future = Future[Any]()
            future.set_result(SimpleNamespace(offset=self.offsets[place.partition], timestamp=-1))
        return answers

    def list_topics(self, topic: str | None = None, timeout: float = 1.0) -> Any:
        return SimpleNamespace(
            topics={
                "journal": SimpleNamespace(error=None, partitions=dict.fromkeys(range(len(self.offsets))))
            }
        )


def offsets(admin: FakeAdmin, which: Any = EARLIEST) -> dict[tuple[str, int], int]:
    answers = ask_offsets(cast(AdminClient, admin), PLACES, which, seconds=1)
    return {place: answer.offset for place, answer in answers.items()}


def test_each_place_has_its_answer_whoever_can_see_what_is_before_it() -> None:
    admin = FakeAdmin(0, 17)

    assert offsets(admin) == {("journal", 0): 0, ("journal", 1): 17}
    assert admin.isolation == IsolationLevel.READ_UNCOMMITTED


def test_an_answer_without_an_offset_is_an_error_that_names_the_partition_and_may_be_tried_again() -> None:
    with pytest.raises(KafkaException, match="journal-1") as missing:
        offsets(FakeAdmin(5, OFFSET_INVALID))

    assert missing.value.args[0].code() == KafkaError.LEADER_NOT_AVAILABLE


def test_that_an_empty_partition_has_no_newest_record_is_an_answer() -> None:
    assert offsets(FakeAdmin(3, -1), NEWEST) == {("journal", 0): 3, ("journal", 1): -1}


def test_the_reconciliation_does_not_take_a_missing_end_for_an_empty_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "backorder.reconcile.kafka_log.AdminClient", lambda *_, **__: FakeAdmin(5, OFFSET_INVALID)
    )

    with pytest.raises(KafkaException):
        KafkaLog("localhost:1", {}, ["journal"])
