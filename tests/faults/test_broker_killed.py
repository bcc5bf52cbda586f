"""The broker is killed (SIGKILL to the JVM) under load and started again on its data: the services wait, or
end with 75 for a supervisor to start them again, and go on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backorder.local.broker import Broker
from tests.support.broker import AnyBroker
from tests.support.processor import SERVICES
from tests.support.under_load import UnderLoad

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("mortal"), quick_start=True) as running:
        yield running


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.long)])
def test_a_broker_that_was_killed_under_load_comes_back_and_nothing_is_lost_or_doubled(
    mortal: Broker, topic_prefix: str, tmp_path: Path, rounds: int
) -> None:
    where = AnyBroker(mortal.bootstrap)
    with UnderLoad(where, topic_prefix, tmp_path, events_of_each=1500 * rounds, healthy=SERVICES) as scene:
        for _ in range(rounds):
            scene.wait_until_it_works()
            mortal.kill()
            mortal.start_again()
        scene.wait_until_it_works()
        scene.finish()
