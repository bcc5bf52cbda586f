"""Nobody answers a commit: the process cannot know whether it holds, ends, and its successor finds out."""

from pathlib import Path

import pytest

from tests.support.broker import AnyBroker
from tests.support.processor import ALLOCATION
from tests.support.proxy import Proxy
from tests.support.under_load import PATIENCE, QUICK, UnderLoad
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.fault, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    "committed",
    [
        pytest.param(True, id="it was committed and only the answer is lost"),
        pytest.param(False, id="the request never came to the broker"),
    ],
)
def test_a_commit_without_an_answer_ends_the_process_and_the_next_one_knows_what_became_of_it(
    broker: AnyBroker, topic_prefix: str, tmp_path: Path, committed: bool
) -> None:
    with UnderLoad(broker, topic_prefix, tmp_path) as scene, Proxy(broker.bootstrap) as proxy:
        patient = scene.patient(settings=QUICK, bootstrap=proxy.bootstrap)
        patient.start()
        scene.wait_until_it_works(revive=[patient])
        before: list[int] = []
        proxy.lose_commits(answers_only=committed, before=lambda: before.append(_done(scene)))
        wait_until(lambda: patient.revive() or before, "a commit is lost", PATIENCE)
        log = patient.expect_end(75, PATIENCE)
        assert "no answer to 'commit'" in log or "a call does not come back" in log
        if committed:
            wait_until(lambda: _done(scene) > before[0], "the transaction of the dead process is committed")
        else:
            assert _done(scene) == before[0]
        successor = scene.patient()
        successor.start()
        scene.wait_until_it_works(revive=[successor])
        scene.finish(revive=[successor])


def _done(scene: UnderLoad) -> int:
    """The committed offsets of allocation, all together."""
    return sum(scene.unread.committed(ALLOCATION).values())
