"""One service as one process: set up, run the loop, end with an exit code that the supervisor understands."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack

import structlog

from backorder.engine import faults, garbage, kafka, logs
from backorder.engine.cluster import Cluster
from backorder.engine.config import EngineSettings
from backorder.engine.failures import EXIT_OK, EXIT_REFUSED, EXIT_RESTART, Refused, Restart, Stopped
from backorder.engine.health import Health
from backorder.engine.http import HttpServer
from backorder.engine.loop import Loop
from backorder.engine.metrics import Metrics
from backorder.engine.orphans import Orphans
from backorder.engine.partitions import Partitions
from backorder.engine.restore import Restorer
from backorder.engine.service import Service
from backorder.engine.skips import Skips
from backorder.engine.stamps import Stamps
from backorder.engine.statistics import Statistics
from backorder.engine.transactions import Transactions
from backorder.engine.watchdog import Watchdog

_log = structlog.get_logger(__name__)

_CLOSE_SECONDS = 20.0

Build = Callable[[Metrics, Cluster], Service]
"""Makes the service, once the process's metrics exist and the cluster can be asked."""


def run(name: str, settings: EngineSettings, build: Build) -> int:
    """Runs a service until SIGTERM or SIGINT, and returns the exit code.

    0: ended as asked, the batch in hand committed. 75: a new process will recover by itself. 78: refused;
    the log says what to change. A second signal ends the process at once.
    """
    logs.set_up(service=name, slot=settings.slot)
    garbage.search_seldom()
    stop = threading.Event()
    _stop_on_signals(stop)
    try:
        with Watchdog() as watchdog:
            run_until(stop, name, settings, build, watchdog)
    except Stopped:
        pass
    except Refused as refused:
        _log.error("refused to run", reason=str(refused))
        return EXIT_REFUSED
    except Restart as restart:
        _log.error("this process ends; the next one restores its state and goes on", reason=str(restart))
        return EXIT_RESTART
    _log.info("ended")
    return EXIT_OK


def run_until(
    stop: threading.Event, name: str, settings: EngineSettings, build: Build, watchdog: Watchdog
) -> None:
    """Runs a service until the event is set; raises `Refused`, `Restart` or `Stopped`."""
    metrics, health = Metrics(name), Health(settings.loop.stalled_seconds)
    stamps = Stamps() if settings.fault.stamp_batches else None
    steps = faults.steps(settings.fault, stamps)
    with ExitStack() as closing:
        closing.callback(HttpServer(settings.http, metrics.registry, health).close)
        admin = kafka.admin(settings.kafka, kafka.instance_id(settings, name))

        def stopping() -> bool:
            health.turn()
            return stop.is_set()

        cluster = Cluster(admin, stopping)
        service = build(metrics, cluster)
        cluster.check_equal(service.input_topic, service.state_topic)
        _log.info("starting", input=service.input_topic, state=service.state_topic)

        statistics = Statistics(service.input_topic, metrics)
        consumer = kafka.consumer(kafka.consumer_config(settings, name) | {"stats_cb": statistics.take})

        def close_consumer() -> None:
            with watchdog.within(_CLOSE_SECONDS, "close the consumer"):
                consumer.close()

        closing.callback(close_consumer)
        restorer = Restorer(kafka.restore_config(settings, name), service.state_topic, steps)
        closing.callback(restorer.close)
        skips = Skips(kafka.look_ahead_config(settings, name), service.input_topic)
        closing.callback(skips.close)
        producer = kafka.producer(kafka.producer_config(settings, name))
        timeout_ms = settings.loop.transaction_timeout_ms
        transactions = Transactions(producer, timeout_ms, metrics, watchdog, steps, stamps)
        group = kafka.group_id(settings, name)
        orphans = Orphans(
            admin,
            group,
            kafka.instance_id(settings, name),
            cluster.partitions(service.input_topic),
            settings.loop.session_timeout_ms / 2000,
        )
        partitions = Partitions(service, group, consumer, admin, restorer, metrics, health, steps, orphans)
        loop = Loop(
            service,
            settings.loop,
            consumer,
            partitions,
            skips,
            transactions,
            metrics,
            health,
            stop,
            steps,
        )
        loop.run()


def _stop_on_signals(stop: threading.Event) -> None:
    both = (signal.SIGTERM, signal.SIGINT)

    def handle(number: int, frame: object) -> None:
        stop.set()
        # The next one is not for Python to handle: it ends the process even inside a call of librdkafka.
        for each in both:
            signal.signal(each, signal.SIG_DFL)

    for each in both:
        signal.signal(each, handle)
