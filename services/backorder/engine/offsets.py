"""Where partitions begin and end: what the admin client answers, and nothing that is no answer."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import OFFSET_INVALID, IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from backorder.engine.kafka import Which

Place = tuple[str, int]
"""Topic (full name) and partition."""


def ask_offsets(
    admin: AdminClient,
    places: Iterable[Place],
    which: Which,
    seconds: float,
    isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> dict[Place, Any]:
    """The answer for each place: it has an `offset` and a `timestamp`.

    Raises KafkaException when there is none within `seconds`, and for a partition that has none. While the
    leader of a partition changes, librdkafka may hand out `OFFSET_INVALID` for it and no error. That number
    is below all others: taken for the end of a changelog, nothing would be restored; taken for the end of an
    input, the clock would pass what is unread.
    """
    wanted = list(places)
    answers = admin.list_offsets(
        {TopicPartition(*place): which for place in wanted},
        isolation_level=isolation,
        request_timeout=seconds,
    )
    try:
        return {place: _answer(place, answers[TopicPartition(*place)].result()) for place in wanted}
    except KafkaException:
        _look_for_leaders(admin, {topic for topic, _ in wanted}, seconds)
        raise


def _answer(place: Place, answer: Any) -> Any:
    if answer.offset == OFFSET_INVALID:
        topic, number = place
        raise KafkaException(
            KafkaError(KafkaError.LEADER_NOT_AVAILABLE, f"no offset in the answer for {topic}-{number}")
        )
    return answer


def _look_for_leaders(admin: AdminClient, topics: Iterable[str], seconds: float) -> None:
    """Makes the client ask who leads the partitions now.

    By itself it does not, for minutes: told that its idea of a leader is outdated (`FENCED_LEADER_EPOCH`,
    after a broker was taken for dead and came back), or told nothing (`OFFSET_INVALID`, after one was
    killed), it asks again with the same idea.
    """
    for topic in topics:
        try:
            admin.list_topics(topic, timeout=seconds)
        except KafkaException:
            return  # the broker is away: the next question finds out
