"""Kafka in containers that these tests may break; each leaves it as it was."""

from collections.abc import Iterator

import pytest

from backorder.testing import ApacheKafkaContainer

RETENTION_MS = 123_456_789
"""A setting that nobody has by chance."""


@pytest.fixture(scope="module")
def kafka() -> Iterator[ApacheKafkaContainer]:
    with ApacheKafkaContainer(settings={"log.retention.ms": RETENTION_MS}) as running:
        yield running
