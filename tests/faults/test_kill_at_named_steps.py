"""A process dies at a named step of the loop, in the middle of a large batch, and nobody can tell afterwards.

The step is armed by a setting (`backorder.engine.faults`). The process kills itself there and leaves word, so
that the test knows that it died where it should: with at least 100 events of two partitions in hand, or
10,000 records to read in a restore. Each record says which transaction wrote it (`backorder.engine.stamps`),
so that readers can be asked whether they ever saw a part of one.

`make test` has each step once, one after the other: each process meets what the one before it left behind.
`make faults` has each step five times, by five seeds from FAULT_SEED on, with everything compared after each.
"""

import os
from pathlib import Path

import pytest

from backorder.engine.steps import Step
from tests.support.broker import AnyBroker
from tests.support.kills import NOT_COMMITTED, Kills

# Each wait has its own deadline; this one is for machines that have much else to do.
pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(1800)]

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
    _assert_something_was_aborted(kills)


@pytest.mark.long
@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_dies_at_a_step_time_and_again_loses_nothing_and_doubles_nothing(
    service: str, step: Step, broker: AnyBroker, topic_prefix: str, tmp_path: Path
) -> None:
    with Kills(broker.bootstrap, topic_prefix, tmp_path, service, SEED) as kills:
        for seed in SEEDS:
            kills.at(step, seed)
            kills.recover_and_check()
        kills.tell()
    assert [death.seed for death in kills.deaths] == list(SEEDS)
    if step in NOT_COMMITTED:
        _assert_something_was_aborted(kills)
    if step is Step.INSIDE_COMMIT:
        assert {death.outcome for death in kills.deaths} == {"committed", "not committed"}


def _assert_something_was_aborted(kills: Kills) -> None:
    """Else that nobody saw it says nothing."""
    assert any(death.left_records for death in kills.deaths if death.step in NOT_COMMITTED)
