"""A process dies at a named step of the loop, in the middle of a large batch, and nobody can tell afterwards.

The step is armed by a setting (`backorder.engine.faults`); the process kills itself there and leaves word, so
that a test knows that it died where it should, with at least 100 events of two partitions in hand (10,000
records to read in a restore). Each record says which transaction wrote it (`backorder.engine.stamps`).

FAULT_SEED=7 make test PYTEST_ARGS=tests/faults runs other seeds, FAULT_REPORT=file keeps what happened.
"""

import os
from pathlib import Path

import pytest

from backorder.engine.steps import Step
from tests.support.broker import AnyBroker
from tests.support.kills import Kills

pytestmark = [pytest.mark.broker, pytest.mark.fault]

SEED = int(os.environ.get("FAULT_SEED", "1"))
SEEDS = range(SEED, SEED + 5)
SERVICES = ("orders", "allocation")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_dies_at_every_step_in_turn_loses_nothing_and_doubles_nothing(
    service: str, broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with Kills(broker.bootstrap, topic_prefix, tmp_path, service, SEED) as kills:
        for step in Step:
            kills.at(step, SEED)
        kills.recover_and_check()
        kills.tell()
    assert [death.step for death in kills.deaths] == list(Step)
