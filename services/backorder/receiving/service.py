"""The receiving ingest: purchases, announcements, receipts and their reversals.

Keyed by purchase order, or by receipt for goods that came without one; a reversal has the key of its receipt,
and so cannot overtake it. The way of a record is that of the orders ingest (`backorder.orders.service`).
"""

from backorder.ingest import service
from backorder.settings import Settings

TOPIC = "receiving"


def run(settings: Settings) -> int:
    """Runs the service until it is told to stop; the exit code."""
    return service.run(TOPIC, settings)
