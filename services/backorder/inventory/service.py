"""The inventory ingest: counts, adjustments, returns, transfers, holds, and the policy of items.

Keyed by SKU, so that what is said about one SKU keeps its order up to the journal; there, the pool's one
order is made of it. The way of a record is that of the orders ingest (`backorder.orders.service`).
"""

from backorder.ingest import service
from backorder.settings import Settings

TOPIC = "inventory"


def run(settings: Settings) -> int:
    """Runs the service until it is told to stop; the exit code."""
    return service.run(TOPIC, settings)
