"""The image of Kafka from `deploy/kafka`: built from what is on this machine, as good as the official one."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from testcontainers.core.container import DockerContainer

from backorder.testing import ApacheKafkaContainer
from backorder.testing.images import OWN, engine
from tests.support.broker import create_topic, produce, read_committed, values
from tests.support.waiting import wait_until

pytestmark = pytest.mark.container

BUILD = Path(__file__).parents[2] / "deploy" / "kafka" / "build.py"


@pytest.fixture(scope="module")
def built() -> str:
    """The id of the image, freshly built."""
    subprocess.run([sys.executable, BUILD], check=True, timeout=240)
    return image_id()


def image_id() -> str:
    with closing(engine()) as client:
        return str(client.images.get(OWN).id)


def test_built_again_it_is_the_same(built: str) -> None:
    subprocess.run([sys.executable, BUILD], check=True, timeout=240)

    assert image_id() == built


def test_it_takes_the_variables_of_the_official_image(built: str, topic_prefix: str) -> None:
    with ApacheKafkaContainer(OWN) as kafka:
        assert kafka.get_wrapped_container().image.id == built
        topic = create_topic(kafka.bootstrap, topic_prefix + "log")
        produce(kafka.bootstrap, topic, [b"kept"])

        assert values(read_committed(kafka.bootstrap, topic)) == [b"kept"]


def test_without_any_variable_it_is_one_node_and_does_not_run_as_root(built: str) -> None:
    with DockerContainer(built) as plain:
        wait_until(lambda: b"Kafka Server started" in b"".join(plain.get_logs()), "it is up", 90)

        assert plain.exec(["id", "-u"]).output == b"1000\n"
        assert plain.exec(["ls", "/var/lib/kafka/data/meta.properties"]).exit_code == 0
