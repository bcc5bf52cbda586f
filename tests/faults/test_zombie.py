"""A process sleeps (SIGSTOP) past its session and its transaction, another one takes over, and it wakes up
again (SIGCONT) in the middle of its batch: a zombie. Nothing of what it had in hand may count."""

import signal
from pathlib import Path

import pytest

from backorder.engine.steps import Step
from tests.support.broker import AnyBroker
from tests.support.patient import Patient
from tests.support.processes import state_of
from tests.support.under_load import PATIENCE, QUICK, UnderLoad
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

PROGRAM = ("-m", "tests.support.pausing_allocation")


@pytest.mark.parametrize(
    "step",
    [
        Step.AFTER_CONSUME,
        pytest.param(Step.AFTER_ALL_PRODUCES, marks=pytest.mark.long),
        Step.AFTER_OFFSETS_SENT,
        pytest.param(Step.AFTER_COMMIT, marks=pytest.mark.long),
    ],
)
def test_a_process_that_wakes_up_after_its_successor_has_begun_does_nothing_a_second_time(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, step: Step
) -> None:
    with UnderLoad(broker, topic_prefix, tmp_path) as scene:
        zombie, successor = scene.patient(settings=QUICK, program=PROGRAM), scene.patient(slot="1")
        zombie.start(PAUSE_AT=step.value, PAUSE_AFTER="20")
        wait_until(lambda: _sleeps(zombie), f"it stops itself {step}", PATIENCE)
        successor.start()
        # The session of the sleeper has ended when the other one has got all, and its transaction too, when
        # that one has read on over what was in it.
        successor.wait_until_said("partition ready", times=12, deadline=PATIENCE)
        scene.wait_until_it_works(revive=[successor])
        zombie.signal(signal.SIGCONT)
        if step is Step.AFTER_OFFSETS_SENT:
            # Its commit is refused for good: somebody else has ended this transaction.
            assert "has taken over this slot, or the transaction outlived its timeout" in zombie.expect_end(
                75
            )
        else:
            wait_until(lambda: _noticed(zombie), "it ends, or is a member anew", PATIENCE)
        scene.wait_until_it_works(revive=[successor])
        scene.finish(revive=[successor])


def _sleeps(patient: Patient) -> bool:
    patient.revive()
    assert patient.running, patient.log()[-2000:]
    return state_of(patient.pid) == "T"


def _noticed(zombie: Patient) -> bool:
    """Either its transaction is no more, or it has lost its partitions and got some anew."""
    if not zombie.running:
        zombie.expect_end(75)
        return True
    return len(zombie.said("partitions assigned")) > 1 and bool(zombie.said("partitions lost"))
