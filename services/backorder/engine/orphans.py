"""Partitions of the input that no member of the group has, although the group is at rest.

In a cooperative rebalance a partition moves in two steps: its owner gives it up and asks for a second
rebalance, and that one gives it to the new owner. An owner that dies in between cannot ask, and its successor
in the slot is a static member: the broker hands it what was left to it, without a rebalance. So nobody asks,
and the partition stands still until the group changes for another reason. (Kafka's classic group protocol
leaves this to its members; KAFKA-13435 is of the same family.)

So each process looks at its group now and then. When a partition has no owner, and nothing has changed
between two looks, the member with least to lose leaves the group and joins it again.
"""

import time
from concurrent.futures import Future
from typing import Any

import structlog
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

_log = structlog.get_logger(__name__)

_ANSWER_SECONDS = 10.0

Members = dict[str, frozenset[int]]
"""The partitions of each member, by its instance id."""


class Orphans:
    """Looks at the group from one member's place. One thread."""

    def __init__(
        self, admin: AdminClient, group: str, instance: str, partitions: int, seconds: float
    ) -> None:
        """`instance`: this member; `partitions`: so many the topic has; `seconds`: time between two looks."""
        self._admin = admin
        self._group = group
        self._instance = instance
        self._all = frozenset(range(partitions))
        self._seconds = seconds
        self._next = time.monotonic() + seconds
        self._answer: Future[Any] | None = None
        self._before: Members | None = None

    def look(self) -> list[int]:
        """The partitions because of which this process has to join the group again; mostly none.

        To be called often; asks once in a while and never waits for an answer.
        """
        if self._answer is None:
            self._ask()
        elif self._answer.done():
            answer, self._answer = self._answer, None
            return self._judge(answer)
        return []

    def _ask(self) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._seconds
        asked = self._admin.describe_consumer_groups([self._group], request_timeout=_ANSWER_SECONDS)
        self._answer = asked[self._group]

    def _judge(self, answer: Future[Any]) -> list[int]:
        before, self._before = self._before, None
        try:
            group = answer.result()
        except KafkaException as exception:
            _log.debug("the group cannot be seen now", group=self._group, error=str(exception))
            return []
        if group.state != ConsumerGroupState.STABLE:
            return []
        self._before = members = _members(group)
        orphans = sorted(self._all.difference(*members.values()))
        if not orphans or members != before or self._instance != _least_to_lose(members):
            return []
        self._before = None
        return orphans


def _members(group: Any) -> Members:
    return {
        member.group_instance_id or member.member_id: frozenset(
            place.partition for place in member.assignment.topic_partitions
        )
        for member in group.members
    }


def _least_to_lose(members: Members) -> str | None:
    return min(members, key=lambda name: (len(members[name]), name), default=None)
