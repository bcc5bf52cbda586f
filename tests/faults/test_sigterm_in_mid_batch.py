"""SIGTERM in the middle of the work: the batch in hand is finished, and the next process goes on."""

import signal
from pathlib import Path

import pytest

from tests.support.broker import AnyBroker
from tests.support.processor import ALLOCATION, SERVICES
from tests.support.under_load import UnderLoad

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

ROUNDS = 3


@pytest.mark.parametrize("service", [pytest.param("orders", marks=pytest.mark.long), ALLOCATION])
def test_a_process_that_is_told_to_end_in_mid_load_finishes_its_batch_and_the_next_one_goes_on(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, service: str
) -> None:
    others = [name for name in SERVICES if name != service]
    with UnderLoad(broker, topic_prefix, tmp_path, rate=200, events_of_each=3000, healthy=others) as scene:
        patient = scene.patient(service)
        left = []
        for _ in range(ROUNDS):
            patient.start()
            scene.wait_until_it_works(service, revive=[patient])
            patient.wait_until_listening()
            patient.signal(signal.SIGTERM)
            assert '"ended"' in patient.expect_end(0)
            left.append(scene.unread.of(service))
        assert any(left), "at least once it left work behind"
        patient.start()
        scene.finish(revive=[patient])
