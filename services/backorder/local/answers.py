"""Whether a Kafka answers at an address, and which one."""

import base64
import logging
import uuid
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

ASK_SECONDS = 0.5


class Answer(NamedTuple):
    """What a Kafka says of itself."""

    cluster_id: str
    brokers: frozenset[int]
    """The node ids of those that it knows to be up."""


class Asking:
    """Asks one address again and again while a Kafka comes up there: refused connections are normal."""

    def __init__(self, bootstrap: str) -> None:
        silent = logging.getLogger("backorder.local.answers")
        silent.addHandler(logging.NullHandler())
        silent.propagate = False
        settings: dict[str, Any] = {
            "bootstrap.servers": bootstrap,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 100,
            "allow.auto.create.topics": False,
            "error_cb": lambda _error: None,
        }
        self._client = AdminClient(settings, logger=silent)

    def ask(self) -> Answer | None:
        """The answer, or None when there is none within half a second."""
        try:
            metadata = self._client.list_topics(timeout=ASK_SECONDS)
        except KafkaException:
            return None
        return Answer(str(metadata.cluster_id), frozenset(metadata.brokers))


def new_cluster_id() -> str:
    """A random id in Kafka's form: a UUID in URL-safe base64 without padding."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not text.startswith("-"):  # it would be taken for an option
            return text
