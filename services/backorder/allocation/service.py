"""Allocation: the journal in, every decision about who gets which unit out.

    journal record -> domain.fold.Fold.apply      one entry, one step: state and decisions
                   -> allocation.publish          decisions and changed rows as CloudEvents
                   -> public topics, changelog    in one transaction with the offset and the mark

Continuations of big steps, ticks and changed rules go back into the journal and are folded like every other
entry. One journal partition holds whole stock pools, so no decision ever spans two processes.
"""

from collections.abc import Callable

from backorder.allocation.metrics import BacklogMetrics
from backorder.allocation.partition import OUTCOMES, JournalPartition, Topics
from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.contract.kafka_partition import partition_of
from backorder.domain.events import PUBLIC_EVENTS
from backorder.engine import kafka, process
from backorder.engine.cluster import Cluster
from backorder.engine.metrics import Metrics
from backorder.engine.ticks import TickBound
from backorder.settings import Settings

NAME = "allocation"
INGEST = ("orders", "inventory", "receiving")
TABLES = ("lines", "stock", "availability")


class AllocationService:
    """The `engine.service.Service` of the journal."""

    name = NAME
    state_version = 1

    def __init__(
        self, settings: Settings, catalogue: Catalogue, metrics: Metrics, cluster: Cluster, bound: TickBound
    ) -> None:
        self.input_topic = catalogue.full_name("journal")
        self.state_topic = catalogue.full_name("allocation-state")
        self._deciding = settings.deciding()
        names = {name: catalogue.full_name(name) for name in catalogue.topics}
        self._topics = Topics(names.__getitem__, table_partitioner(catalogue, cluster))
        self._bound = bound
        self._events = metrics.events
        self._backlog = BacklogMetrics(metrics.registry)
        metrics.know_events("journal", PUBLIC_EVENTS, OUTCOMES)
        bound.start()

    def open(self, partition: int) -> JournalPartition:
        return JournalPartition(
            partition, self._deciding, self._topics, self._bound.latest, self._backlog, self._events
        )

    def close(self, partition: int) -> None:
        self._backlog.forget(partition)


def table_partitioner(catalogue: Catalogue, cluster: Cluster) -> Callable[[bytes], int]:
    """Which partition of the tables a `[pool, sku]` belongs to, remembered for each."""
    tables = [catalogue.full_name(topic) for topic in TABLES]
    for other in tables[1:]:
        cluster.check_equal(tables[0], other)
    count = cluster.partitions(tables[0])
    known: dict[bytes, int] = {}

    def partition(key: bytes) -> int:
        found = known.get(key)
        if found is None:
            found = known[key] = partition_of(key, count)
        return found

    return partition


def run(settings: Settings) -> int:
    """Runs the service until it is told to stop; the exit code."""
    catalogue = load_catalogue(prefix=settings.topic_prefix)
    engine = settings.engine()
    groups = {kafka.group_id(engine, topic): catalogue.full_name(topic) for topic in INGEST}
    client_id = f"{kafka.instance_id(engine, NAME)}-clock"
    bound = TickBound(engine.kafka, client_id, groups, catalogue.full_name("journal"))

    def build(metrics: Metrics, cluster: Cluster) -> AllocationService:
        return AllocationService(settings, catalogue, metrics, cluster, bound)

    try:
        return process.run(NAME, engine, build)
    finally:
        bound.close()
