"""A client whose idea of the leaders is outdated looks again, and does not ask with that idea for ever."""

from concurrent.futures import Future
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_INVALID, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.kafka import LATEST
from backorder.engine.offsets import ask_offsets


class Outdated:
    """Answers as a broker does that has a newer leader epoch, or, `silent`, as librdkafka does of one that is
    away, until the metadata is asked for."""

    def __init__(self, away: bool = False, silent: bool = False) -> None:
        self.looked_at: list[str] = []
        self._away = away
        self._silent = silent

    def list_offsets(self, asked: dict[TopicPartition, Any], **_: Any) -> dict[TopicPartition, Future[Any]]:
        answers: dict[TopicPartition, Future[Any]] = {}
        for place in asked:
            answers[place] = Future()
            if place.topic in self.looked_at:
                answers[place].set_result(TopicPartition(place.topic, place.partition, 7))
            elif self._silent:
                answers[place].set_result(TopicPartition(place.topic, place.partition, OFFSET_INVALID))
            else:
                answers[place].set_exception(KafkaException(KafkaError(KafkaError.FENCED_LEADER_EPOCH)))
        return answers

    def list_topics(self, topic: str, timeout: float) -> None:
        if self._away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        self.looked_at.append(topic)


PLACES = [("journal", 0), ("journal", 1), ("allocation-state", 0)]


@pytest.mark.parametrize(("silent", "told"), [(False, "FENCED_LEADER_EPOCH"), (True, "LEADER_NOT_AVAILABLE")])
def test_after_an_error_the_leaders_are_asked_for_and_the_next_question_is_answered(
    silent: bool, told: str
) -> None:
    client = Outdated(silent=silent)
    with pytest.raises(KafkaException, match=told):
        ask_offsets(cast(AdminClient, client), PLACES, LATEST, 1.0)
    assert sorted(client.looked_at) == ["allocation-state", "journal"]
    answers = ask_offsets(cast(AdminClient, client), PLACES, LATEST, 1.0)
    assert {place: answer.offset for place, answer in answers.items()} == dict.fromkeys(PLACES, 7)


def test_a_broker_that_is_away_is_told_as_the_error_that_was_there_first() -> None:
    with pytest.raises(KafkaException, match="FENCED_LEADER_EPOCH"):
        ask_offsets(cast(AdminClient, Outdated(away=True)), PLACES, LATEST, 1.0)
