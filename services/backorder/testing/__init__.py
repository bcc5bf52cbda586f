"""The public test kit: a real Kafka in containers, and the whole processor on any Kafka, for your own tests.

    from backorder.testing import ApacheKafkaContainer, Processor

What begins with `ApacheKafka` needs the extra `testing` and a Docker engine; `Processor` needs neither.
`docs/testing.md` tells the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backorder.testing.events import DeadLetter, Event
from backorder.testing.processor import Processor

if TYPE_CHECKING:
    from backorder.testing.cluster import ApacheKafkaCluster
    from backorder.testing.container import ApacheKafkaContainer

__all__ = ["ApacheKafkaCluster", "ApacheKafkaContainer", "DeadLetter", "Event", "Processor"]

_IN_CONTAINERS = {"ApacheKafkaCluster": "cluster", "ApacheKafkaContainer": "container"}


def __getattr__(name: str) -> Any:
    """Imports what needs testcontainers only when it is asked for."""
    if name not in _IN_CONTAINERS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"backorder.testing.{_IN_CONTAINERS[name]}")
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"{name} needs the package testcontainers: pip install 'backorder[testing]'"
        ) from missing
    return getattr(module, name)
