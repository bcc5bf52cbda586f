"""The topics of the catalogue on a cluster: what is missing or different, and making it so."""

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from backorder.contract.catalogue import Catalogue, Topic
from backorder.engine import kafka

_ASK_SECONDS = 15.0
_PROBE_SECONDS = 2.0
_SERVED_SECONDS = 30.0

CREATE, CONFIGURE, IMPOSSIBLE, NOTHING = ("create", "configure", "impossible", "nothing")


class Step(NamedTuple):
    """What is to be done about one topic. `topic` is its full name."""

    topic: str
    action: str
    """`create`, `configure`, `nothing`, or `impossible`: the number of partitions cannot be changed."""
    detail: str
    config: dict[str, str]
    """The settings to set."""


class NotApplied(Exception):
    """The cluster did not do what it was asked; the message says which topic and why."""


def plan(admin: AdminClient, catalogue: Catalogue, replication: int | None = None) -> list[Step]:
    """Compares the cluster with the catalogue, changes nothing. Raises KafkaException.

    `replication`: copies of each partition; None = three, or as many as there are brokers.
    """
    metadata = admin.list_topics(timeout=_ASK_SECONDS)
    copies = replication or min(3, len(metadata.brokers))
    there = {
        name: found for name, found in metadata.topics.items() if found.error is None and found.partitions
    }
    wanted = [(catalogue.full_name(name), topic) for name, topic in catalogue.topics.items()]
    configs = _configs(admin, [name for name, _ in wanted if name in there])
    steps = []
    for name, topic in wanted:
        found = there.get(name)
        if found is None:
            steps.append(_step(name, topic, None, {}, copies))
        else:
            # How many copies must be in step follows from those that there are, not from those wished for.
            fewest = min(len(partition.replicas) for partition in found.partitions.values())
            steps.append(_step(name, topic, len(found.partitions), configs[name], fewest))
    return steps


def apply(
    admin: AdminClient, catalogue: Catalogue, steps: Iterable[Step], replication: int | None = None
) -> None:
    """Takes the steps of a plan. Raises `NotApplied`, KafkaException.

    Returns when every topic that was created can be used.
    """
    steps = list(steps)
    copies = replication or min(3, len(admin.list_topics(timeout=_ASK_SECONDS).brokers))
    create = [
        NewTopic(
            step.topic,
            catalogue[catalogue.short_name(step.topic)].partitions,
            copies,
            config=dict(step.config),
        )
        for step in steps
        if step.action == CREATE
    ]
    if create:
        for name, created in admin.create_topics(create, operation_timeout=_ASK_SECONDS).items():
            _done(name, created)
    configure = [_alteration(step) for step in steps if step.action == CONFIGURE]
    if configure:
        for resource, altered in admin.incremental_alter_configs(configure).items():
            _done(resource.name, altered)
    _wait_until_usable(admin, create)


def _step(name: str, topic: Topic, partitions: int | None, config: dict[str, str], copies: int) -> Step:
    wanted = topic.kafka_config(copies)
    if partitions is None:
        return Step(name, CREATE, f"{topic.partitions} partitions, {copies} copies", wanted)
    if partitions != topic.partitions:
        return Step(
            name,
            IMPOSSIBLE,
            f"has {partitions} partitions, the catalogue says {topic.partitions}: the number decides where a "
            "key belongs and cannot be changed; use another BACKORDER_TOPIC_PREFIX, or delete the topic",
            {},
        )
    differs = {key: value for key, value in wanted.items() if config.get(key) != value}
    if not differs:
        return Step(name, NOTHING, "as in the catalogue", {})
    detail = ", ".join(f"{key}: {config.get(key)} -> {value}" for key, value in sorted(differs.items()))
    return Step(name, CONFIGURE, detail, differs)


def _configs(admin: AdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    return {
        resource.name: {key: entry.value for key, entry in answer.result(_ASK_SECONDS).items()}
        for resource, answer in admin.describe_configs(resources).items()
    }


def _alteration(step: Step) -> ConfigResource:
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in step.config.items()
    ]
    return ConfigResource(ResourceType.TOPIC, step.topic, incremental_configs=entries)


def _done(name: str, future: Future[Any]) -> None:
    try:
        future.result(_ASK_SECONDS)
    except KafkaException as exception:
        error: KafkaError = exception.args[0]
        if error.code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise NotApplied(f"{name}: {error.str()}") from exception


def _wait_until_usable(admin: AdminClient, topics: list[NewTopic]) -> None:
    """A new topic is known to the controller before a broker serves it; until then requests fail."""
    waiting = {
        TopicPartition(topic.topic, number) for topic in topics for number in range(topic.num_partitions)
    }
    deadline = time.monotonic() + _SERVED_SECONDS
    while waiting := waiting - _served(admin, waiting):
        if time.monotonic() > deadline:
            names = ", ".join(sorted({place.topic for place in waiting}))
            raise NotApplied(f"created, but not served after {_SERVED_SECONDS:.0f} s: {names}")
        time.sleep(0.05)


def _served(admin: AdminClient, places: set[TopicPartition]) -> set[TopicPartition]:
    """Those that have a leader, and whose leader answers."""
    known = admin.list_topics(timeout=_ASK_SECONDS).topics
    led = {
        place: kafka.LATEST
        for place in places
        if place.topic in known
        and place.partition in known[place.topic].partitions
        and known[place.topic].partitions[place.partition].leader >= 0
    }
    if not led:
        return set()
    answers = admin.list_offsets(led, request_timeout=_PROBE_SECONDS)
    return {place for place, answer in answers.items() if answer.exception(_ASK_SECONDS) is None}
