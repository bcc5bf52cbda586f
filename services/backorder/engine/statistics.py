"""Lag and held-back readers, from the statistics that librdkafka collects: no question to the broker."""

import json
import time

from backorder.engine.metrics import Metrics


class Statistics:
    """Turns the consumer's statistics into metrics."""

    def __init__(self, topic: str, metrics: Metrics) -> None:
        self._topic = topic
        self._metrics = metrics
        self._held_back: dict[int, tuple[int, float]] = {}
        self._lagging: set[int] = set()

    def take(self, statistics: str) -> None:
        """librdkafka's statistics callback."""
        partitions = json.loads(statistics)["topics"].get(self._topic, {}).get("partitions", {})
        owned = {
            int(number): figures
            for number, figures in partitions.items()
            if figures["fetch_state"] == "active" and figures["app_offset"] >= 0
        }
        for number in self._lagging - owned.keys():
            self._metrics.lag.remove(self._topic, str(number))
        self._lagging = set(owned)
        for number, figures in owned.items():
            stable, position = figures["ls_offset"], figures["app_offset"]
            self._metrics.lag.labels(self._topic, str(number)).set(max(0, stable - position))
        self._open_transactions(owned)

    def _open_transactions(self, owned: dict[int, dict[str, int]]) -> None:
        now, before, self._held_back = time.time(), self._held_back, {}
        for number, figures in owned.items():
            stable = figures["ls_offset"]
            if 0 <= stable < figures["hi_offset"]:
                stuck_at, since = before.get(number, (stable, now))
                self._held_back[number] = (stable, since if stuck_at == stable else now)
        self._metrics.open_transaction.set(min((since for _, since in self._held_back.values()), default=0.0))
