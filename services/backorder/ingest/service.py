"""An ingest service: one public topic in, the journal and the dead letters out."""

from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.contract.unreadable import Reason
from backorder.engine import process
from backorder.engine.cluster import Cluster
from backorder.engine.failures import Refused
from backorder.engine.ingest import OUTCOMES, UNKNOWN_TYPE, IngestPartition
from backorder.engine.metrics import Metrics
from backorder.engine.repeats import Window
from backorder.ingest.reading import reader
from backorder.settings import Settings

_HOUR_MS = 3_600_000


class IngestService:
    """The `engine.service.Service` of a public topic. It has the topic's name."""

    state_version = 1

    def __init__(
        self, topic: str, settings: Settings, catalogue: Catalogue, metrics: Metrics, cluster: Cluster
    ):
        """Raises `Refused` when the cluster's journal is not divided as the catalogue says."""
        self.name = topic
        self.input_topic = catalogue.full_name(topic)
        self.state_topic = catalogue.full_name(f"{topic}-state")
        self._journal = catalogue.full_name("journal")
        self._dead_letters = catalogue.full_name("dead-letters")
        self._window = settings.window
        self._metrics = metrics
        self._read = reader(settings.record_limits(), _journal_partitions(catalogue, cluster))
        metrics.know_events(topic, catalogue[topic].types, OUTCOMES)
        metrics.know_events(topic, [UNKNOWN_TYPE], ["dead_letter"])
        metrics.know_reasons(Reason)

    def open(self, partition: int) -> IngestPartition:
        window = Window(int(self._window.hours * _HOUR_MS), self._window.ids)
        return IngestPartition(
            self.name, self._read, window, self._journal, self._dead_letters, self._metrics
        )

    def close(self, partition: int) -> None:
        """Nothing is kept beside the state."""


def run(topic: str, settings: Settings) -> int:
    """Runs the ingest service of a public topic until it is told to stop; the exit code."""
    catalogue = load_catalogue(prefix=settings.topic_prefix)

    def build(metrics: Metrics, cluster: Cluster) -> IngestService:
        return IngestService(topic, settings, catalogue, metrics, cluster)

    return process.run(topic, settings.engine(), build)


def _journal_partitions(catalogue: Catalogue, cluster: Cluster) -> int:
    """Which partition a pool is in follows from the count: with another one, its order would break."""
    topic, expected = catalogue.full_name("journal"), catalogue["journal"].partitions
    found = cluster.partitions(topic)
    if found != expected:
        raise Refused(
            f"{topic} has {found} partitions, the catalogue says {expected}; the number is chosen once, "
            "before the first event: see schemas/topics.yaml"
        )
    return found
