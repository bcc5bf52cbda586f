"""The catalogue of topics: `schemas/topics.yaml`, read and checked.

It is the one source: topics are created from it, services take names and partition counts from it, the
AsyncAPI document and the docs are generated from it.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

_UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_CHECKOUT_COPY = Path(__file__).parents[3] / "schemas" / "topics.yaml"

Kind = Literal["input", "journal", "dead-letters", "output", "table", "state"]


class CatalogueError(Exception):
    """The catalogue cannot be read or contradicts itself; the message says where and why."""


class Topic(BaseModel):
    """One topic. `name` has no prefix."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=100)]
    description: Annotated[str, Field(min_length=1)]
    kind: Kind
    key: str
    """What the record key is, for people."""
    partition: str
    """What decides the partition, for people."""
    partitions: Annotated[int, Field(ge=1, le=10_000)]
    """The count at creation."""
    group: str | None = None
    """Topics of one group have the same count: their partitions belong together."""
    cleanup: Literal["delete", "compact"]
    retention: Annotated[str, Field(pattern=r"^([1-9][0-9]*[smhd]|forever)$")]
    """How long records are kept; on a compacted topic, how long tombstones are."""
    config: Mapping[str, str | int]
    """Kafka's topic settings, beyond what the other fields say."""
    producers: list[str]
    consumers: list[str]
    types: list[str]
    """Short names of the events on it."""

    @model_validator(mode="after")
    def _says_nothing_twice(self) -> Self:
        for setting in ("cleanup.policy", "retention.ms", "delete.retention.ms", "min.insync.replicas"):
            if setting in self.config:
                raise ValueError(f"{self.name}: {setting} is made from other fields; take it out of config")
        return self

    @property
    def retention_ms(self) -> int:
        """Milliseconds; -1 is for ever."""
        if self.retention == "forever":
            return -1
        return int(self.retention[:-1]) * _UNITS_MS[self.retention[-1]]

    def kafka_config(self, replication: int = 1) -> dict[str, str]:
        """The settings to create the topic with, on a cluster that keeps `replication` copies: with three or
        more, a write needs all but one of them."""
        kept = "delete.retention.ms" if self.cleanup == "compact" else "retention.ms"
        return {
            "cleanup.policy": self.cleanup,
            kept: str(self.retention_ms),
            "min.insync.replicas": str(max(1, replication - 1)),
            **{name: str(value) for name, value in self.config.items()},
        }


class Catalogue:
    """All topics, by the name without prefix."""

    def __init__(self, topics: Mapping[str, Topic], prefix: str = "") -> None:
        """Raises CatalogueError for a prefix that Kafka would refuse in a topic's name."""
        if not re.fullmatch(r"[a-zA-Z0-9._-]{0,100}", prefix):
            raise CatalogueError(
                f"topic prefix {prefix!r}: only letters, digits, '.', '_' and '-', at most 100"
            )
        self.topics = dict(topics)
        self.prefix = prefix

    def __getitem__(self, name: str) -> Topic:
        """Raises KeyError for a topic that the catalogue does not have."""
        return self.topics[name]

    def full_name(self, name: str) -> str:
        """The topic's name on the cluster. Raises KeyError for a topic that the catalogue does not have."""
        return self.prefix + self.topics[name].name

    def short_name(self, full: str) -> str:
        """The reverse. Raises KeyError for a topic that is not of this catalogue."""
        name = full.removeprefix(self.prefix)
        if self.full_name(name) != full:
            raise KeyError(full)
        return name

    def of_kind(self, *kinds: Kind) -> list[Topic]:
        """The topics of these kinds, in the order of the file."""
        return [topic for topic in self.topics.values() if topic.kind in kinds]

    def topic_of(self, event_type: str) -> Topic:
        """The topic that a type of event (short name) is published on. Raises KeyError."""
        for topic in self.topics.values():
            if event_type in topic.types:
                return topic
        raise KeyError(event_type)


_TOPICS = TypeAdapter(list[Topic])


def load_catalogue(path: Path | str | None = None, *, prefix: str = "") -> Catalogue:
    """The catalogue in a file; without a path, the one that belongs to this installation.

    `prefix` stands before every topic's name on the cluster. Raises CatalogueError.
    """
    text, where = _read(path)
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise CatalogueError(f"{where} is not YAML: {problem}") from None
    if (
        not isinstance(document, dict)
        or document.get("version") != 1
        or document.keys() != {"version", "topics"}
    ):
        raise CatalogueError(f"{where} must have `version: 1` and `topics`, and nothing else")
    try:
        topics = _TOPICS.validate_python(document["topics"])
    except ValidationError as problem:
        raise CatalogueError(f"{where}: {problem}") from None
    _check(topics, where)
    return Catalogue({topic.name: topic for topic in topics}, prefix)


def _read(path: Path | str | None) -> tuple[str, str]:
    """The text and what to call it. An installed package brings a copy; a checkout has the file itself."""
    packaged = files("backorder").joinpath("_schemas/topics.yaml")
    try:
        if path is not None:
            return Path(path).read_text(encoding="utf-8"), str(path)
        if packaged.is_file():
            return packaged.read_text(encoding="utf-8"), "the packaged topics.yaml"
        return _CHECKOUT_COPY.read_text(encoding="utf-8"), "schemas/topics.yaml"
    except OSError as problem:
        raise CatalogueError(f"cannot read {path or 'schemas/topics.yaml'}: {problem.strerror}") from None


def _check(topics: list[Topic], where: str) -> None:
    names = [topic.name for topic in topics]
    types = [event_type for topic in topics for event_type in topic.types]
    for what, found in (("topic", names), ("type", types)):
        for name in found:
            if found.count(name) > 1:
                raise CatalogueError(f"{where}: {what} {name} is there twice")
    counts: dict[str, Topic] = {}
    for topic in topics:
        first = counts.setdefault(topic.group or topic.name, topic)
        if first.partitions != topic.partitions:
            raise CatalogueError(
                f"{where}: {first.name} and {topic.name} are of group {topic.group} and must have the same "
                f"number of partitions, not {first.partitions} and {topic.partitions}"
            )
