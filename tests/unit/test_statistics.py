"""Lag and held-back readers, out of librdkafka's statistics."""

import json
from typing import Any

import pytest

from backorder.engine.metrics import Metrics
from backorder.engine.statistics import Statistics


def partition(position: int, stable: int, end: int) -> dict[str, Any]:
    return {"fetch_state": "active", "app_offset": position, "ls_offset": stable, "hi_offset": end}


class Watched:
    def __init__(self) -> None:
        self.metrics = Metrics("orders")
        self._statistics = Statistics("orders", self.metrics)

    def take(self, **partitions: dict[str, Any]) -> None:
        by_number = {name.removeprefix("p"): figures for name, figures in partitions.items()}
        self._statistics.take(json.dumps({"topics": {"orders": {"partitions": by_number}}}))

    def lag(self, number: int) -> float | None:
        labels = {"topic": "orders", "partition": str(number)}
        return self.metrics.registry.get_sample_value("backorder_consumer_lag_records", labels)

    def open_since(self) -> float | None:
        return self.metrics.registry.get_sample_value("backorder_open_transaction_timestamp_seconds")


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_lag_is_what_is_readable_and_not_consumed(watched: Watched) -> None:
    watched.take(p0=partition(position=10, stable=25, end=30), p1=partition(position=7, stable=7, end=7))
    assert (watched.lag(0), watched.lag(1)) == (15, 0)


def test_a_partition_that_is_gone_has_no_lag_any_more(watched: Watched) -> None:
    watched.take(p0=partition(10, 25, 25))
    watched.take()
    assert watched.lag(0) is None


def test_a_partition_that_is_not_fetched_is_not_ours(watched: Watched) -> None:
    watched.take(p0=partition(10, 25, 25) | {"fetch_state": "none"})
    assert watched.lag(0) is None


def test_an_open_transaction_is_shown_with_the_time_it_was_first_seen(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter([100.0, 105.0, 110.0, 115.0])
    monkeypatch.setattr("backorder.engine.statistics.time.time", lambda: next(now))
    watched.take(p0=partition(10, stable=20, end=25))
    watched.take(p0=partition(10, stable=20, end=27))
    assert watched.open_since() == 100.0
    watched.take(p0=partition(10, stable=26, end=28))
    assert watched.open_since() == 110.0
    watched.take(p0=partition(10, stable=28, end=28))
    assert watched.open_since() == 0
