"""Whether the services have done all that there is to do."""

import time
from collections.abc import Callable

from backorder.contract.catalogue import Catalogue, load_catalogue
from backorder.demo.kafka import Cluster
from backorder.demo.offsets import Place, committed, ends

INPUTS = ("orders", "inventory", "receiving")
"""Topics, and the services of the same names that read them."""
ALLOCATION, JOURNAL = "allocation", "journal"
POLL = 0.2


class Behind:
    """How many records the services have not processed of what had been published when this was made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._catalogue = load_catalogue(prefix=cluster.prefix)
        self._goals: dict[str, dict[Place, int]] = {
            name: ends(cluster.admin, _places(self._catalogue, name)) for name in INPUTS
        }

    def records(self) -> int:
        """0 once all is done. The journal counts as soon as everything that comes into it is there."""
        behind = sum(self._behind(name, name) for name in INPUTS)
        if behind:
            return behind
        if JOURNAL not in self._goals:
            # Later records are only ticks; there will be some, so that each end is passed.
            self._goals[JOURNAL] = ends(self._cluster.admin, _places(self._catalogue, JOURNAL))
        return self._behind(ALLOCATION, JOURNAL)

    def _behind(self, service: str, topic: str) -> int:
        goals = self._goals[topic]
        done = committed(self._cluster.kafka, self._cluster.prefix + service, goals)
        return sum(max(0, goal - done.get(place, 0)) for place, goal in goals.items())


def unprocessed(cluster: Cluster) -> int:
    """About how many records the services have not processed of what is there now: offsets are counted, the
    markers of transactions and ticks among them."""
    catalogue = load_catalogue(prefix=cluster.prefix)
    behind = 0
    for service, topic in (*zip(INPUTS, INPUTS, strict=True), (ALLOCATION, JOURNAL)):
        there = ends(cluster.admin, _places(catalogue, topic))
        done = committed(cluster.kafka, cluster.prefix + service, there)
        behind += sum(max(0, end - done.get(place, 0)) for place, end in there.items())
    return behind


def wait_until_processed(cluster: Cluster, meanwhile: Callable[[], None]) -> None:
    """Returns when the services have processed all that is published now.

    `meanwhile` is called now and then; it may raise, for instance when a service has ended.
    """
    behind = Behind(cluster)
    while behind.records():
        meanwhile()
        time.sleep(POLL)


def _places(catalogue: Catalogue, topic: str) -> list[Place]:
    return [(catalogue.full_name(topic), partition) for partition in range(catalogue[topic].partitions)]
