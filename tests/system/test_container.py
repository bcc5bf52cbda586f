"""Kafka in a container: the Kafka that is meant, and one that survives what is done to it."""

import socket
import subprocess
import sys
import textwrap

import docker
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import ConfigResource, ResourceType
from docker.errors import NotFound

from backorder.local.answers import Asking
from backorder.local.ports import HOST, free_port
from backorder.testing import ApacheKafkaContainer
from backorder.testing import container as container_module
from backorder.testing.container import ContainerError
from backorder.testing.images import KAFKA, engine, kafka_image
from tests.support.broker import (
    admin,
    create_topic,
    produce,
    producer,
    read_committed,
    send,
    transactional_producer,
    values,
    visible_now,
)
from tests.support.waiting import wait_until
from tests.system.conftest import RETENTION_MS

pytestmark = pytest.mark.container


def test_it_is_the_version_that_is_embedded(kafka: ApacheKafkaContainer) -> None:
    log = kafka.get_wrapped_container().logs().decode()

    assert f"Kafka version: {KAFKA}" in log
    assert kafka.image.rpartition(":")[2] == KAFKA


def test_it_has_what_transactions_need_and_what_it_was_told(kafka: ApacheKafkaContainer) -> None:
    resource = ConfigResource(ResourceType.BROKER, str(kafka.node_id))
    client = admin(kafka.bootstrap)
    config = client.describe_configs([resource])[resource].result(30)

    assert {name: config[name].value for name in WANTED} == WANTED
    assert config["log.retention.ms"].value == str(RETENTION_MS)


WANTED = {
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "broker.session.timeout.ms": "4000",
    "auto.create.topics.enable": "false",
    "message.max.bytes": str(16 * 1024 * 1024),
}


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
def test_it_takes_records_however_they_are_compressed(
    compression: str, kafka: ApacheKafkaContainer, topic_prefix: str
) -> None:
    topic = create_topic(kafka.bootstrap, topic_prefix + "log", config={"compression.type": "uncompressed"})
    sender = producer(kafka.bootstrap, compression_type=compression)
    sender.produce(topic, b"x" * 10_000)
    assert sender.flush(30) == 0

    assert values(read_committed(kafka.bootstrap, topic)) == [b"x" * 10_000]


def test_a_paused_one_answers_nobody_and_goes_on_where_it_was(
    kafka: ApacheKafkaContainer, topic_prefix: str
) -> None:
    topic = create_topic(kafka.bootstrap, topic_prefix + "log")
    sender = producer(kafka.bootstrap)
    kafka.pause()
    try:
        assert kafka.running
        sender.produce(topic, b"late")
        assert sender.flush(0.5) == 1, "a paused broker took a record"
        with pytest.raises(KafkaException):
            admin(kafka.bootstrap).list_topics(timeout=0.5)
    finally:
        kafka.unpause()

    assert sender.flush(30) == 0
    assert values(read_committed(kafka.bootstrap, topic)) == [b"late"]


def test_a_killed_one_comes_back_with_its_data_and_address_and_an_open_transaction_stays_unseen(
    kafka: ApacheKafkaContainer, topic_prefix: str
) -> None:
    topic = create_topic(kafka.bootstrap, topic_prefix + "log")
    produce(kafka.bootstrap, topic, [b"before"])
    first = transactional_producer(kafka.bootstrap, topic_prefix + "sender", timeout_ms=600_000)
    first.begin_transaction()
    send(first, topic, b"in an open transaction")
    first.flush(30)
    bootstrap = kafka.bootstrap

    kafka.kill()
    assert not kafka.running
    kafka.start_again()

    assert kafka.bootstrap == bootstrap
    assert values(visible_now(bootstrap, topic)) == [b"before"]
    transactional_producer(bootstrap, topic_prefix + "sender")  # ends what the first one left open
    with pytest.raises(KafkaException):
        first.commit_transaction(30)
    produce(bootstrap, topic, [b"after"])
    assert values(read_committed(bootstrap, topic)) == [b"before", b"after"]


def test_one_that_was_shut_down_comes_back_with_its_data(
    kafka: ApacheKafkaContainer, topic_prefix: str
) -> None:
    topic = create_topic(kafka.bootstrap, topic_prefix + "log")
    produce(kafka.bootstrap, topic, [b"before"])

    kafka.shut_down()
    assert not kafka.running
    kafka.start_again()

    assert values(read_committed(kafka.bootstrap, topic)) == [b"before"]


def test_another_port_is_chosen_when_somebody_takes_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, free_port())) as squatter:
        taken = squatter.getsockname()[1]
        offers = iter([taken, free_port()])
        monkeypatch.setattr(container_module, "free_port", lambda: next(offers, None) or free_port())

        with ApacheKafkaContainer() as kafka:
            answer = Asking(kafka.bootstrap).ask()
            assert answer is not None
            assert answer.cluster_id == kafka.cluster_id
            assert kafka.bootstrap != f"{HOST}:{taken}"


def test_a_wanted_port_that_is_taken_is_an_error(topic_prefix: str) -> None:
    with socket.create_server((HOST, free_port())) as squatter:
        wanted = ApacheKafkaContainer(port=squatter.getsockname()[1]).with_name(topic_prefix + "kafka")

        with pytest.raises(ContainerError, match=r"address already in use|port is already allocated"):
            wanted.start()

    assert not exists(topic_prefix + "kafka")


def test_one_that_does_not_start_says_what_its_log_says_and_leaves_nothing(topic_prefix: str) -> None:
    wrong = ApacheKafkaContainer(settings={"min.insync.replicas": "many"}).with_name(topic_prefix + "kafka")

    with pytest.raises(ContainerError, match=r"(?s)ended at its start.*min\.insync\.replicas"):
        wrong.start()

    assert not exists(topic_prefix + "kafka")


OWNER = textwrap.dedent(
    """
    import signal, sys
    from backorder.testing import ApacheKafkaContainer

    kafka = ApacheKafkaContainer().with_name(sys.argv[1])
    kafka.start()
    print("started", flush=True)
    signal.pause()
    """
)


def test_it_is_removed_when_its_owner_is_killed(topic_prefix: str) -> None:
    name = topic_prefix + "kafka"
    with subprocess.Popen([sys.executable, "-c", OWNER, name], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"started\n"
        assert exists(name)
        owner.kill()

    wait_until(lambda: not exists(name), "the container is gone after its owner")


def exists(name: str) -> bool:
    client: docker.DockerClient = engine()
    try:
        client.containers.get(name)
    except NotFound:
        return False
    finally:
        client.close()
    return True


def test_the_image_is_the_official_one_or_ours() -> None:
    client = engine()
    try:
        assert kafka_image(client) in (f"apache/kafka:{KAFKA}", f"backorder/kafka:{KAFKA}")
    finally:
        client.close()
