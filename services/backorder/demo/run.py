"""The course of a demo: Kafka, topics, services, input, answers, summary, reconciliation."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from backorder.demo.figures import Figures
from backorder.demo.kafka import Cluster, demo_kafka
from backorder.demo.player import Player
from backorder.demo.processed import unprocessed, wait_until_processed
from backorder.demo.services import Services, running_services
from backorder.demo.show import Show
from backorder.demo.summary import print_comparison, print_summary
from backorder.demo.traffic import (
    WIDE_WORLD_IMPORTERS,
    Traffic,
    data_folders,
    data_traffic,
    sample_traffic,
)
from backorder.demo.warehouse import Warehouse
from backorder.demo.watcher import Watcher
from backorder.importers.wide_world_importers import backordered_lines
from backorder.local.services import SERVICES
from backorder.reconcile import reconcile
from backorder.reconcile.show import print_report
from backorder.testing.choice import EMBEDDED, check_choice

POLL = 0.1
MOST_AHEAD = 300
"""Events published beyond what the services have processed: two days of the sample."""
EVENTS = 40_000
RATE = 1000.0
EXIT_OK, EXIT_PROBLEM = 0, 1


@dataclass(frozen=True)
class Options:
    """What a demo is to be.

    events: how many; None = 40,000 of a sample, all of imported data.
    rate: events a second, 0 = as fast as possible.
    data: a folder with real data, None = a sample by `seed`.
    broker: `auto`, `local`, `docker` or `HOST:PORT`.
    keep: everything runs on at the end, until Ctrl-C.
    """

    events: int | None = None
    seed: int = 1
    rate: float = RATE
    data: Path | None = None
    broker: str = "auto"
    keep: bool = False


def run(options: Options, console: Console) -> int:
    """Runs the demo and returns the exit code: 0 when the reconciliation holds.

    Ctrl-C (KeyboardInterrupt) at any moment ends everything that was started. Raises `LocalError`,
    `DataError`, `BadChoice`, KafkaException.
    """
    check_choice(options.broker)
    folders = {} if options.data is None else data_folders(options.data)
    now = datetime.now(UTC)
    warehouse = Warehouse()
    figures = Figures(warehouse.released)
    with ExitStack() as closing:
        folder = closing.enter_context(_working_folder())
        _say(
            console,
            "starting Kafka" + (" (the first time: 44 MB to fetch)" if options.broker in EMBEDDED else ""),
        )
        cluster = closing.enter_context(demo_kafka(options.broker, folder / "kafka"))
        _say(console, f"Kafka is at {cluster.bootstrap}; starting {', '.join(SERVICES)}")
        services = closing.enter_context(running_services(cluster, folder))
        _say_addresses(console, services)
        if folders:
            traffic = data_traffic(folders, options.events, now)
        else:
            traffic = sample_traffic(options.events or EVENTS, options.seed, now)
        seconds = _play(cluster, services, figures, warehouse, traffic, options.rate, console)
        services.stop()
        print_summary(figures, seconds, console)
        if WIDE_WORLD_IMPORTERS in folders:
            _compare(figures, folders[WIDE_WORLD_IMPORTERS], console)
        code = _reconcile(cluster, console)
        if options.keep:
            _stay(cluster, services, console)
    return code


def _play(
    cluster: Cluster,
    services: Services,
    figures: Figures,
    warehouse: Warehouse,
    traffic: Traffic,
    rate: float,
    console: Console,
) -> float:
    """Publishes everything and returns when it is answered: the seconds from the first order on."""
    show = Show(figures, console, services.addresses)
    with Watcher(cluster, figures) as watcher, show.running():

        def meanwhile() -> None:
            services.check()
            watcher.check()
            show.refresh()

        first, rest = traffic
        show.phase = "opening stock"
        with Player(cluster, figures, first, rate=0.0, most_ahead=len(first)) as player:
            while not player.finished(POLL):
                meanwhile()
        wait_until_processed(cluster, meanwhile)
        start = time.monotonic()
        show.phase = "trade"
        with Player(cluster, figures, warehouse.in_turn(rest), rate, MOST_AHEAD) as player:
            while not player.finished(POLL):
                player.look_ahead(partial(unprocessed, cluster))
                meanwhile()
        show.phase = "all is published, the rest is being processed"
        wait_until_processed(cluster, meanwhile)
        seconds = time.monotonic() - start
        watcher.catch_up(meanwhile)
        show.phase = "done"
    return seconds


def _compare(figures: Figures, folder: Path, console: Console) -> None:
    """The line numbers are those of the data; only lines that were played count."""
    ours = {line for pool, _, line in figures.backordered if pool == WIDE_WORLD_IMPORTERS}
    theirs = backordered_lines(folder) & figures.lines_of(WIDE_WORLD_IMPORTERS)
    print_comparison(ours, theirs, console)


def _reconcile(cluster: Cluster, console: Console) -> int:
    """Reads everything again, with all services at rest."""
    _say(console, "reconciling: everything is read and folded once more")
    report = reconcile(cluster.bootstrap, cluster.prefix, cluster.kafka.librdkafka)
    print_report(report, console)
    return EXIT_OK if report.ok else EXIT_PROBLEM


def _stay(cluster: Cluster, services: Services, console: Console) -> None:
    services.start()
    _say_addresses(console, services)
    _say(console, f"Kafka is at {cluster.bootstrap}; Ctrl-C ends everything")
    while True:
        services.check()
        time.sleep(POLL)


@contextmanager
def _working_folder() -> Iterator[Path]:
    """For Kafka's data and all logs; what goes wrong is told with the end of the log, so nothing is kept."""
    folder = Path(tempfile.mkdtemp(prefix="backorder-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False)


def _say_addresses(console: Console, services: Services) -> None:
    for name, address in services.addresses.items():
        _say(console, f"{name}: http://{address}/metrics")
