"""Three slots of allocation come, go, die and fall asleep without anybody waiting for the group to settle."""

import signal
from pathlib import Path
from random import Random

import pytest

from tests.support.broker import AnyBroker
from tests.support.patient import Patient
from tests.support.under_load import SEED, SHORT_SESSIONS, UnderLoad

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]

SLOTS = ("0", "1", "2")


@pytest.mark.parametrize("changes", [8, pytest.param(40, marks=pytest.mark.long)])
def test_a_storm_of_rebalances_loses_nothing_and_doubles_nothing(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, changes: int
) -> None:
    random = Random(SEED)
    with UnderLoad(broker, topic_prefix, tmp_path, events_of_each=100 * changes + 1500) as scene:
        slots = [scene.patient(slot=slot, settings=SHORT_SESSIONS) for slot in SLOTS]
        asleep: set[Patient] = set()
        slots[0].start()
        scene.wait_until_it_works(revive=slots[:1])
        for _ in range(changes):
            _change(random.choice(slots), slots, asleep, random)
            # The last one awake may find out only now that it is a zombie.
            awake = [slot for slot in slots if slot.started and slot not in asleep]
            scene.wait_until_it_works(records=40, revive=awake)
        for patient in asleep:
            patient.signal(signal.SIGCONT)
        started = [slot for slot in slots if slot.started]
        scene.wait_until_it_works(revive=started)
        # One that has just been woken may find out only now that it is a zombie.
        scene.finish(ends=(0, 75), revive=started)


def _change(patient: Patient, slots: list[Patient], asleep: set[Patient], random: Random) -> None:
    """One that does not run is started, one that sleeps is woken, any other ends or falls asleep; the last
    one awake gets company instead."""
    if patient in asleep:
        asleep.discard(patient)
        patient.signal(signal.SIGCONT)
    elif not patient.running:
        patient.start()
    elif all(slot in asleep or not slot.running for slot in slots if slot is not patient):
        _change(next(slot for slot in slots if slot is not patient), slots, asleep, random)
    elif random.random() < 0.4:
        asleep.add(patient)
        patient.signal(signal.SIGSTOP)
    else:
        patient.signal(random.choice([signal.SIGTERM, signal.SIGKILL]))
        patient.wait_until_ended()
