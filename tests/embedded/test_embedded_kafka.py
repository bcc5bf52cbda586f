"""The embedded Kafka is a real one: it survives crashes, and tells its hazards apart."""

import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from backorder.local import broker as broker_module
from backorder.local.broker import Broker, BrokerError, WrongCluster
from backorder.local.jars import JarError, kafka_jars
from backorder.local.ports import HOST, free_port
from backorder.testing.choice import BadChoice
from tests.support.broker import (
    admin,
    chosen_broker,
    create_topic,
    produce,
    producer,
    read_committed,
    send,
    transactional_producer,
    values,
    visible_now,
)
from tests.support.processes import alive
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

PARTITIONS = 200


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that these tests may kill; each leaves it running."""
    with Broker(tmp_path_factory.mktemp("own"), quick_start=True) as running:
        yield running


def test_a_misspelled_topic_is_not_created(own: Broker) -> None:
    errors: list[KafkaError | None] = []
    sender = producer(own.bootstrap, topic_metadata_propagation_max_ms=1000)
    sender.produce("no-such-topic", b"lost", on_delivery=lambda error, _message: errors.append(error))
    sender.flush(30)

    assert [error and error.code() for error in errors] == [KafkaError.UNKNOWN_TOPIC_OR_PART]
    assert "no-such-topic" not in admin(own.bootstrap).list_topics(timeout=10).topics


def test_a_record_of_ten_mebibytes_is_accepted(own: Broker, topic_prefix: str) -> None:
    topic = create_topic(own.bootstrap, topic_prefix + "big")
    big = bytes(10 * 1024 * 1024)
    sender = transactional_producer(own.bootstrap, topic_prefix + "sender", message_max_bytes=len(big) + 1000)
    sender.begin_transaction()
    send(sender, topic, big)
    sender.commit_transaction(30)

    assert values(read_committed(own.bootstrap, topic)) == [big]


def test_a_killed_broker_comes_back_with_its_data_and_address(own: Broker, topic_prefix: str) -> None:
    topic = create_topic(own.bootstrap, topic_prefix + "log")
    produce(own.bootstrap, topic, [b"before"])
    sender = transactional_producer(own.bootstrap, topic_prefix + "sender", timeout_ms=600_000)
    sender.begin_transaction()
    send(sender, topic, b"in an open transaction")
    sender.flush(30)
    bootstrap, cluster_id, pid = own.bootstrap, own.cluster_id, own.pid

    own.kill()
    assert not own.running
    wait_until(lambda: not alive(pid), "the killed broker is gone")
    own.start_again()

    assert (own.bootstrap, own.cluster_id) == (bootstrap, cluster_id)
    assert own.pid != pid
    assert values(visible_now(bootstrap, topic)) == [b"before"]
    produce(bootstrap, topic, [b"after"])
    transactional_producer(bootstrap, topic_prefix + "sender")  # ends what the first one left open
    assert values(read_committed(bootstrap, topic)) == [b"before", b"after"]


def test_a_transaction_that_was_being_committed_at_a_kill_is_seen_on_all_of_its_partitions(
    own: Broker, topic_prefix: str
) -> None:
    # A commit is answered before its markers are written: a kill just then leaves most of them to the next
    # start, which must not call it complete without (`Broker._declare_dead`).
    topic = create_topic(own.bootstrap, topic_prefix + "log", PARTITIONS)
    for number in range(3):
        sender = transactional_producer(own.bootstrap, topic_prefix + "sender")
        sender.begin_transaction()
        for partition in range(PARTITIONS):
            sender.produce(topic, str(number).encode(), partition=partition)
        sender.commit_transaction(30)
        own.kill()
        own.start_again()

    transactional_producer(own.bootstrap, topic_prefix + "sender")
    seen = Counter(values(read_committed(own.bootstrap, topic)))
    assert seen == {b"0": PARTITIONS, b"1": PARTITIONS, b"2": PARTITIONS}
    assert "DUPLICATE_BROKER_REGISTRATION" not in own.log.read_text(), "the controller took one for alive"


def test_a_paused_broker_goes_on_where_it_was(own: Broker, topic_prefix: str) -> None:
    topic = create_topic(own.bootstrap, topic_prefix + "log")
    own.signal(signal.SIGSTOP)
    with pytest.raises(KafkaException):
        admin(own.bootstrap).list_topics(timeout=0.5)

    own.signal(signal.SIGCONT)

    produce(own.bootstrap, topic, [b"late"])
    assert values(read_committed(own.bootstrap, topic)) == [b"late"]


def test_two_brokers_start_at_once_and_outlive_the_threads_that_started_them(tmp_path: Path) -> None:
    brokers = [Broker(tmp_path / name, quick_start=True) for name in ("one", "two")]
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Broker.start, brokers))

        ids = [admin(one.bootstrap).list_topics(timeout=10).cluster_id for one in brokers]

        assert ids == [one.cluster_id for one in brokers]
        assert len({*ids, *(one.bootstrap for one in brokers)}) == 4
    finally:
        for one in brokers:
            one.stop()


def test_other_ports_are_chosen_when_somebody_takes_the_clients_or_the_controller_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, free_port())) as squatter:
        taken = squatter.getsockname()[1]
        offers = iter([taken, free_port(), free_port(), taken])
        monkeypatch.setattr(broker_module, "free_port", lambda: next(offers, None) or free_port())

        with Broker(tmp_path / "kafka", quick_start=True) as started:
            assert admin(started.bootstrap).list_topics(timeout=10).cluster_id == started.cluster_id
            assert next(offers, None) is None
            assert started.log.read_text().count("Address already in use") >= 2


def test_a_wanted_port_that_is_taken_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.create_server((HOST, free_port())) as squatter:
        port = squatter.getsockname()[1]

        with pytest.raises(BrokerError, match=rf"Port taken: {HOST}:{port}"):
            Broker(tmp_path / "kafka", port=port, quick_start=True).start()


def test_somebody_else_s_kafka_at_the_wanted_port_is_refused_and_left_alone(
    own: Broker, tmp_path: Path
) -> None:
    topics_before = set(admin(own.bootstrap).list_topics(timeout=10).topics)
    stranger = Broker(tmp_path / "kafka", port=int(own.bootstrap.rpartition(":")[2]), quick_start=True)

    with pytest.raises(WrongCluster, match=f"cluster {own.cluster_id}, ours is {stranger.cluster_id}"):
        stranger.start()

    assert not stranger.running
    assert own.running
    assert set(admin(own.bootstrap).list_topics(timeout=10).topics) == topics_before


def test_a_start_that_fails_tells_what_the_log_says(tmp_path: Path) -> None:
    settings = {"min.insync.replicas": "many"}

    with pytest.raises(BrokerError, match=r"could not be formatted\.\n(.*\n)*.*min\.insync\.replicas"):
        Broker(tmp_path / "kafka", quick_start=True, settings=settings).start()


def test_a_machine_that_does_not_start_tells_what_java_says(tmp_path: Path) -> None:
    failing = Broker(tmp_path / "kafka", heap="1k")

    with pytest.raises(
        BrokerError, match=r"exited with status 1 at its start\.\n(.*\n)*Too small maximum heap"
    ):
        failing.start()

    assert "Too small maximum heap" in failing.log_tail()


def test_a_start_that_takes_too_long_tells_the_end_of_the_log_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    slow = Broker(tmp_path / "kafka", start_timeout=0.6)

    with pytest.raises(BrokerError, match=r"does not answer after 0\.6 s\.\nThe end of .*kafka\.log:\n"):
        slow.start()

    assert not slow.running


def test_the_log_is_a_real_one_without_the_list_of_all_settings(own: Broker) -> None:
    assert "INFO [KafkaRaftServer nodeId=1] Kafka Server started" in own.log.read_text()
    assert "KafkaConfig values" not in own.log.read_text()
    assert own.log_tail(3).count("\n") == 2


def test_a_truncated_jar_is_never_put_on_the_class_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    jars = kafka_jars()
    cache = tmp_path / "cache"
    shutil.copytree(jars[0].parent, cache / jars[0].parent.name)
    damaged = cache / jars[0].parent.name / jars[0].name
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    monkeypatch.setenv("BACKORDER_CACHE", str(cache))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.crt"))  # so it cannot be fetched again

    with pytest.raises(JarError):
        Broker(tmp_path / "kafka").start()

    assert f"{damaged.name} is damaged" in capsys.readouterr().err
    assert not (tmp_path / "kafka").exists()


OWNER = textwrap.dedent(
    """
    import signal, sys
    from pathlib import Path
    from backorder.local.broker import Broker

    broker = Broker(Path(sys.argv[1]), quick_start=True)
    broker.start()
    print(broker.pid, broker.bootstrap, flush=True)
    signal.pause()
    """
)


def test_the_broker_dies_with_a_killed_owner_and_its_data_serve_the_next(
    tmp_path: Path, topic_prefix: str
) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "kafka")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pid, bootstrap = owner.stdout.readline().split()
        topic = create_topic(bootstrap, topic_prefix + "log")
        produce(bootstrap, topic, [b"kept"])
        owner.kill()

    wait_until(lambda: not alive(int(pid)), "the broker is gone after its owner")
    with pytest.raises(KafkaException):
        admin(bootstrap).list_topics(timeout=0.5)
    with Broker(tmp_path / "kafka", quick_start=True) as next_one:
        assert values(read_committed(next_one.bootstrap, topic)) == [b"kept"]


def test_a_broker_that_runs_already_may_be_used_for_the_tests(own: Broker, tmp_path: Path) -> None:
    with chosen_broker(own.bootstrap, tmp_path) as chosen:
        assert chosen.bootstrap == own.bootstrap

    assert own.running


def test_an_address_where_no_kafka_answers_is_refused(tmp_path: Path) -> None:
    nobody = f"{HOST}:{free_port()}"

    with (
        pytest.raises(BadChoice, match=f"--broker {nobody}: no Kafka answers there"),
        chosen_broker(nobody, tmp_path, timeout=0.5),
    ):
        pass
