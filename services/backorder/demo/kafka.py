"""Which Kafka the demo runs on, and its topics there."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from backorder.contract.catalogue import load_catalogue
from backorder.engine.config import KafkaSettings
from backorder.engine.kafka import admin as admin_client
from backorder.settings import load
from backorder.testing.choice import chosen_kafka, runs_already
from backorder.topics import apply, plan

DELETE_SECONDS = 30.0


class Cluster(NamedTuple):
    """A Kafka with the demo's topics."""

    kafka: KafkaSettings
    prefix: str
    """Before the names of topics and groups: a demo shares a cluster with nobody's topics."""
    admin: AdminClient

    @property
    def bootstrap(self) -> str:
        return self.kafka.bootstrap_servers


@contextmanager
def demo_kafka(choice: str, folder: Path) -> Iterator[Cluster]:
    """The Kafka that is chosen, see `backorder.testing.choice`, with the demo's topics. On one that runs
    already they have names of their own, and are deleted at the end."""
    with chosen_kafka(choice, folder) as bootstrap:
        if not runs_already(choice):
            yield _with_topics(KafkaSettings(bootstrap_servers=bootstrap), prefix="")
            return
        options = load().kafka.librdkafka
        kafka = KafkaSettings(bootstrap_servers=bootstrap, librdkafka=options)
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
