"""When a member of the group joins it again, so that no partition stays without an owner."""

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from backorder.engine.orphans import Orphans


class FakeAdmin:
    """Answers about one group; `members`: partitions by instance id."""

    def __init__(self, **members: list[int]) -> None:
        self.members = members
        self.state = ConsumerGroupState.STABLE
        self.error: KafkaException | None = None
        self.silent = False
        self.asked = 0

    def describe_consumer_groups(self, groups: list[str], request_timeout: float) -> dict[str, Future[Any]]:
        self.asked += 1
        future: Future[Any] = Future()
        if self.error is not None:
            future.set_exception(self.error)
        elif not self.silent:
            future.set_result(SimpleNamespace(state=self.state, members=self._described()))
        return {groups[0]: future}

    def _described(self) -> list[Any]:
        return [
            SimpleNamespace(
                group_instance_id=name,
                member_id=f"{name}-1",
                assignment=SimpleNamespace(
                    topic_partitions=[SimpleNamespace(partition=number) for number in partitions]
                ),
            )
            for name, partitions in self.members.items()
        ]


def orphans(admin: FakeAdmin, instance: str, partitions: int = 4) -> Orphans:
    return Orphans(cast(AdminClient, admin), "group", instance, partitions, seconds=0)


def looks(watch: Orphans, count: int = 2) -> list[list[int]]:
    """What comes of so many looks: each is a question and, a turn later, its answer."""
    return [answer for _ in range(count) for answer in (watch.look(), watch.look())][1::2]


def test_a_partition_without_an_owner_brings_the_member_with_least_to_lose_back_at_the_second_look() -> None:
    admin = FakeAdmin(a=[0, 1], b=[])
    assert looks(orphans(admin, "b"), 2) == [[], [2, 3]]
    assert looks(orphans(admin, "a"), 4) == [[], [], [], []]


def test_of_equals_one_joins_again() -> None:
    admin = FakeAdmin(b=[0], a=[1])
    assert looks(orphans(admin, "a")) == [[], [2, 3]]
    assert looks(orphans(admin, "b")) == [[], []]


def test_after_joining_again_it_looks_twice_before_it_does_so_once_more() -> None:
    assert looks(orphans(FakeAdmin(a=[0]), "a"), 4) == [[], [1, 2, 3], [], [1, 2, 3]]


def test_nobody_moves_while_all_partitions_have_an_owner() -> None:
    admin = FakeAdmin(a=[0, 1], b=[2, 3], c=[])
    assert looks(orphans(admin, "c"), 4) == [[]] * 4


@pytest.mark.parametrize("state", [ConsumerGroupState.PREPARING_REBALANCING, ConsumerGroupState.EMPTY])
def test_nobody_moves_while_the_group_is_not_at_rest(state: ConsumerGroupState) -> None:
    admin = FakeAdmin(a=[0])
    admin.state = state
    assert looks(orphans(admin, "a"), 3) == [[]] * 3


def test_a_group_that_changes_between_two_looks_is_left_alone() -> None:
    admin = FakeAdmin(a=[0])
    watch = orphans(admin, "a")
    assert looks(watch, 1) == [[]]
    admin.members = {"a": [0, 1]}
    assert looks(watch, 2) == [[], [2, 3]]


def test_a_look_that_fails_counts_for_nothing() -> None:
    admin = FakeAdmin(a=[0])
    watch = orphans(admin, "a")
    assert looks(watch, 1) == [[]]
    admin.error = KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    assert looks(watch, 1) == [[]]
    admin.error = None
    assert looks(watch, 2) == [[], [1, 2, 3]]


def test_it_never_waits_for_an_answer_and_asks_nothing_meanwhile() -> None:
    admin = FakeAdmin(a=[0])
    admin.silent = True
    assert looks(orphans(admin, "a"), 5) == [[]] * 5
    assert admin.asked == 1
