"""The fold on trial (`tests.support.trial`): once driven by hypothesis, which looks for a short example of
what goes wrong, and once by plain seeds, which try more in the same time.

`HYPOTHESIS_PROFILE=long` tries for long, for the fault tests. A seed that fails is in the name of its test.
"""

import os
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, event, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from backorder.domain import movements
from tests.support.trial import Trial

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EXAMPLES, STEPS = (2000, 60) if LONG else (60, 30)
SEEDS, EVENTS = (range(2000), 300) if LONG else (range(40), 120)
CHUNK = movements.CHUNK

pytestmark = pytest.mark.timeout(7200 if LONG else 900)
"""More than usual: after a failure hypothesis may look for a shorter example for five minutes."""

dice = st.randoms(use_true_random=False)


class TrialMachine(RuleBasedStateMachine):
    """One rule: hypothesis turns most of the rules off in most of its examples, and then nothing meets."""

    interleaves = False

    @initialize(dice=dice, chunk=st.sampled_from([1, 2, CHUNK]))
    def open(self, dice: Random, chunk: int) -> None:
        movements.CHUNK = chunk  # how movements are packed must not show
        self.trial = Trial(dice, self.interleaves)

    @rule(dice=dice)
    def go_on(self, dice: Random) -> None:
        self.trial.dice = dice
        if self.trial.pending and dice.randrange(2):
            self.trial.go_on()
        self.trial.trade()

    def teardown(self) -> None:
        try:
            if hasattr(self, "trial"):
                for fed in self.trial.journal:
                    note(msgspec.json.encode(fed).decode())
                for outcome in self.trial.outcomes:
                    event(outcome)
                self.trial.close()
        finally:
            movements.CHUNK = CHUNK


class InterleavingMachine(TrialMachine):
    interleaves = True


PROFILE = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestTheFoldAgreesWithTheNaiveModel = TrialMachine.TestCase
TestTheFoldAgreesWithTheNaiveModel.settings = PROFILE
TestTheFoldStandsEventsBetweenThePartsOfABigStep = InterleavingMachine.TestCase
TestTheFoldStandsEventsBetweenThePartsOfABigStep.settings = PROFILE


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("interleaves", [False, True], ids=["compared", "interleaved"])
def test_the_fold_stands_its_trial(seed: int, interleaves: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movements, "CHUNK", (1, 2, CHUNK)[seed % 3])  # how movements are packed must not show
    trial = Trial(Random(seed), interleaves)
    for _ in range(EVENTS):
        trial.trade()
    trial.close()
