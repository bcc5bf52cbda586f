"""A cluster on which a little trade has been processed, with everything on it that can be on one."""

from datetime import UTC, datetime
from itertools import islice

from backorder.domain.settings import Settings
from backorder.trade.sample import sample
from tests.support.memory_cluster import CONTENT_TYPE, MemoryCluster
from tests.support.publishing import bad_inputs

DAY_MS = 86_400_000
SOME = 60

# So that big steps are met, and lines are forgotten within a few days.
SETTINGS = Settings(closed_retention_days=1, step_lines=2)


def written_trade(events: int = 500, settings: Settings = SETTINGS) -> MemoryCluster:
    """Two pools; repeats, dead letters, continuations, changed settings, ticks, forgotten lines."""
    cluster = MemoryCluster(settings)
    cluster.tick()
    end = datetime.fromtimestamp(cluster.now_ms / 1000, UTC)
    lines = sample(events, 5, end, pools=("a", "b"))
    while part := list(islice(lines, SOME)):
        cluster.publish(part)
        cluster.run()
        cluster.tick()
    for _, bad in bad_inputs().values():
        cluster.append(
            "orders", bad.key, bad.value, headers=[*(bad.headers or CONTENT_TYPE), ("trace", b"1")]
        )
    cluster.run()
    cluster.now_ms += 3 * DAY_MS
    cluster.tick()
    cluster.run()
    cluster.tick()  # the last one is not read any more: so it is when services are stopped
    return cluster
