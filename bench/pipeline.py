"""The whole pipeline under one burst: four services and the embedded broker on this machine.

    .venv/bin/python -m bench.pipeline [events]

A sample of trade in six pools is published as fast as the broker takes it. Printed: seconds from the first
event until every service has processed everything, and the CPU that each service took per event that it read.
"""

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from tests.support.processor import SERVICES, Processor

from backorder.local.broker import Broker
from backorder.trade.sample import sample

POOLS = ("north", "south", "east", "west", "online", "outlet")
PATIENCE = 900.0


def main(events: int) -> None:
    lines = list(sample(events, seed=1, end=datetime.now(UTC), pools=POOLS))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with Broker(place / "kafka") as broker, Processor(broker.bootstrap, "", place / "logs") as processor:
            processor.start()
            processor.wait_until_quiet(PATIENCE)
            before = {service: metrics(place, service) for service in SERVICES}
            began = time.monotonic()
            processor.publish(lines)
            published = time.monotonic() - began
            processor.wait_until_quiet(PATIENCE)
            seconds = time.monotonic() - began
            after = {service: metrics(place, service) for service in SERVICES}
            processor.stop()
    print(f"{len(lines):,} events: published in {published:.1f} s, processed in {seconds:.1f} s")
    for service in SERVICES:
        cpu, read = (now - then for now, then in zip(after[service], before[service], strict=True))
        print(f"  {service}: {read:,.0f} events, {cpu / read * 1e6:.0f} us of CPU an event")
    print(
        f"  this process: {resource.getrusage(resource.RUSAGE_SELF).ru_utime:.1f} s of CPU, making the sample"
    )


def metrics(folder: Path, service: str) -> tuple[float, float]:
    """CPU seconds and events of a service so far."""
    address = (folder / "logs" / f"{service}-0.address").read_text(encoding="utf-8").strip()
    with urlopen(f"http://{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    cpu = sum(_value(line) for line in lines if line.startswith("process_cpu_seconds_total"))
    read = sum(_value(line) for line in lines if line.startswith("backorder_events_total"))
    return cpu, read


def _value(line: str) -> float:
    return float(line.rsplit(" ", 1)[1])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
