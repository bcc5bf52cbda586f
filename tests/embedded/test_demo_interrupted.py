"""`backorder demo` on a Kafka of its own: Ctrl-C at any moment, or a kill, leaves nothing behind."""

import signal
from pathlib import Path

import pytest

from tests.support.demo import running_demo
from tests.support.waiting import wait_until

pytestmark = pytest.mark.broker

MOMENTS = {
    "while Kafka starts": "starting Kafka",
    "while the services start": "Kafka is at",
    "while events flow": "trade: in ",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_ends_everything_at_any_moment(moment: str, tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo.log", "--events", "100000", "--rate", "300") as demo:
        demo.wait_for(MOMENTS[moment])
        if moment == "while Kafka starts":
            wait_until(lambda: len(demo.processes()) > 1, "the demo has started something")
        demo.process.send_signal(signal.SIGINT)
        assert demo.process.wait(60) == 130, demo.output
        assert "Traceback" not in demo.output
        wait_until(lambda: demo.processes() == [], "every process of the demo has ended", deadline=10)


def test_a_demo_that_is_killed_takes_everything_with_it(tmp_path: Path) -> None:
    with running_demo(tmp_path / "demo.log", "--events", "100000", "--rate", "300") as demo:
        demo.wait_for("Kafka is at")
        wait_until(lambda: len(demo.processes()) > 4, "Kafka and services run")
        demo.process.kill()
        demo.process.wait(10)
        wait_until(lambda: demo.processes() == [], "every process of the demo has ended", deadline=30)
