"""The orders ingest: what order management publishes, from the placed order to the shipment.

A record becomes an entry of the journal, under its pool, or a dead letter; a repeat becomes nothing:

    record -> ingest.reading.read      envelope and data checked strictly, key = subject = order_id
           -> engine.repeats.Window    seen within the window? then only counted
           -> journal                  partition by pool, in one transaction with offset and window

Which types come in, and by which field they are keyed, stands in `contract.event_types`; what can be wrong
with a record in `contract.unreadable`.
"""

from backorder.ingest import service
from backorder.settings import Settings

TOPIC = "orders"


def run(settings: Settings) -> int:
    """Runs the service until it is told to stop; the exit code."""
    return service.run(TOPIC, settings)
