"""Two processes with one transactional id: the later one has the slot, the earlier one ends, at once and for
good, whatever it has in hand."""

from pathlib import Path

import pytest

from tests.support.broker import AnyBroker
from tests.support.under_load import UnderLoad

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

ROUNDS = 3


def test_whoever_takes_the_slot_ends_the_one_before_in_the_middle_of_its_work(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with UnderLoad(broker, topic_prefix, tmp_path) as scene:
        one, other = scene.patient(), scene.patient()
        one.start()
        scene.wait_until_it_works(revive=[one])
        for _ in range(ROUNDS):
            other.start()
            assert "another process has taken over this slot" in one.expect_end(75)
            scene.wait_until_it_works(revive=[other])
            one, other = other, one
        scene.finish(revive=[one])
