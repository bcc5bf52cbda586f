"""Which Kafka the demo runs on, and its topics there."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from backorder.contract.catalogue import load_catalogue
from backorder.engine.config import KafkaSettings
from backorder.engine.kafka import admin as admin_client
from backorder.local.broker import Broker
from backorder.settings import load
from backorder.topics import apply, plan

EMBEDDED = ("auto", "local")
DELETE_SECONDS = 30.0


class BadChoice(ValueError):
    """`--broker` says something that is neither auto, local nor HOST:PORT."""


class Cluster(NamedTuple):
    """A Kafka with the demo's topics."""

    kafka: KafkaSettings
    prefix: str
    """Before the names of topics and groups: a demo shares a cluster with nobody's topics."""
    admin: AdminClient

    @property
    def bootstrap(self) -> str:
        return self.kafka.bootstrap_servers


def check_choice(choice: str) -> None:
    """Raises `BadChoice`."""
    if choice not in EMBEDDED and not re.fullmatch(r"[^\s:/]+:\d{1,5}", choice):
        raise BadChoice(f"--broker {choice}: not one of auto, local, HOST:PORT")


@contextmanager
def chosen_kafka(choice: str, folder: Path) -> Iterator[Cluster]:
    """The embedded Kafka, started in `folder` and stopped at the end; or one that runs already, on which the
    demo has topics of its own, deleted at the end."""
    check_choice(choice)
    if choice in EMBEDDED:
        with Broker(folder) as broker:
            yield _with_topics(KafkaSettings(bootstrap_servers=broker.bootstrap), prefix="")
        return
    options = load().kafka.librdkafka
    kafka = KafkaSettings(bootstrap_servers=choice, librdkafka=options)
    cluster = _with_topics(kafka, prefix=f"demo-{uuid.uuid4().hex[:8]}-")
    try:
        yield cluster
    finally:
        _delete_topics(cluster)


def _with_topics(kafka: KafkaSettings, prefix: str) -> Cluster:
    admin = admin_client(kafka, "backorder-demo")
    catalogue = load_catalogue(prefix=prefix)
    apply(admin, catalogue, plan(admin, catalogue))
    return Cluster(kafka, prefix, admin)


def _delete_topics(cluster: Cluster) -> None:
    catalogue = load_catalogue(prefix=cluster.prefix)
    names = [catalogue.full_name(name) for name in catalogue.topics]
    for deleted in cluster.admin.delete_topics(names, operation_timeout=DELETE_SECONDS).values():
        deleted.result(DELETE_SECONDS)
