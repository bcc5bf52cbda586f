"""`backorder demo`, whole: all is played, reconciled, and cleaned up."""

import re
from pathlib import Path

import pytest

from tests.support.broker import AnyBroker, admin
from tests.support.demo import running_demo


@pytest.mark.broker
def test_a_small_demo_plays_everything_reconciles_and_cleans_up(broker: AnyBroker, tmp_path: Path) -> None:
    before = set(admin(broker.bootstrap).list_topics(timeout=10).topics)
    arguments = ("--events", "600", "--rate", "300", "--seed", "5", "--broker", broker.bootstrap)
    with running_demo(tmp_path / "demo.log", *arguments) as demo:
        code = demo.process.wait(240)
        assert code == 0, demo.output
        assert figure("events in", demo.output) == 600
        for name in ("records out", "on backorders", "on releases", "on lines", "on stock", "answers timed"):
            assert figure(name, demo.output) > 0, demo.output
        assert figure("latency p50, ms", demo.output) >= 0
        assert "reconciliation holds" in demo.output
        assert demo.processes() == []
    left = set(admin(broker.bootstrap).list_topics(timeout=10).topics) - before
    assert not [topic for topic in left if topic.startswith("demo-")]


def figure(name: str, output: str) -> int:
    found = re.search(rf"^\s*{re.escape(name)}\s+([\d,]+)\s*$", output, re.MULTILINE)
    assert found, f"no figure {name!r} in\n{output}"
    return int(found[1].replace(",", ""))
