"""How far topics go, and how far groups have read them."""

from collections.abc import Iterable

from confluent_kafka.admin import AdminClient

from backorder.engine.config import KafkaSettings
from backorder.engine.groups import Groups
from backorder.engine.kafka import LATEST, common
from backorder.engine.offsets import ask_offsets

ASK_SECONDS = 15.0

Place = tuple[str, int]
"""Topic (full name) and partition."""


def ends(admin: AdminClient, places: Iterable[Place]) -> dict[Place, int]:
    """Where the next record of each partition would be, whoever can see those before it."""
    answers = ask_offsets(admin, places, LATEST, ASK_SECONDS)
    return {place: answer.offset for place, answer in answers.items()}


def committed(kafka: KafkaSettings, group: str, places: Iterable[Place]) -> dict[Place, int]:
    """Up to where a group has read each partition; 0 where it has not begun."""
    places = list(places)
    with Groups(common(kafka)) as groups:
        return dict.fromkeys(places, 0) | groups.committed(group, places, ASK_SECONDS)
