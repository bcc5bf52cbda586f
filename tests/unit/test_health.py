"""/healthz/* and /metrics: what they answer, and where they can be found."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from backorder.engine.config import HttpSettings
from backorder.engine.failures import Refused
from backorder.engine.health import Health
from backorder.engine.http import HttpServer
from backorder.engine.metrics import Metrics


@pytest.fixture
def health() -> Health:
    return Health(stalled_seconds=3600)


@pytest.fixture
def server(health: Health, tmp_path: Path) -> Iterator[HttpServer]:
    settings = HttpSettings(port_file=str(tmp_path / "address"))
    running = HttpServer(settings, Metrics("orders").registry, health)
    yield running
    running.close()


def get(server: HttpServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{server.address}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_live_says_that_the_loop_turns(server: HttpServer) -> None:
    assert get(server, "/healthz/live")[0] == 200


def test_live_fails_when_the_loop_has_not_turned_for_too_long() -> None:
    assert not Health(stalled_seconds=0).live().ok


def test_ready_waits_for_the_assignment_and_for_every_restore(server: HttpServer, health: Health) -> None:
    assert get(server, "/healthz/ready") == (503, "no partitions assigned yet\n")
    health.partitions(assigned=True, restoring=2)
    assert get(server, "/healthz/ready") == (503, "2 partitions are being restored\n")
    health.partitions(assigned=True, restoring=0)
    assert get(server, "/healthz/ready")[0] == 200


def test_startup_stays_true_when_a_rebalance_makes_it_unready_again(
    server: HttpServer, health: Health
) -> None:
    assert get(server, "/healthz/startup")[0] == 503
    health.partitions(assigned=True, restoring=0)
    health.partitions(assigned=True, restoring=1)
    assert get(server, "/healthz/startup")[0] == 200
    assert get(server, "/healthz/ready")[0] == 503


def test_metrics_are_served_with_known_labels_at_zero_and_without_created_series(server: HttpServer) -> None:
    status, text = get(server, "/metrics")
    assert status == 200
    assert 'backorder_loop_seconds_total{phase="commit"} 0.0' in text
    assert 'backorder_transactions_total{outcome="aborted"} 0.0' in text
    assert 'service="orders"' in text
    assert "_created" not in text


def test_the_address_is_written_to_the_port_file(server: HttpServer, tmp_path: Path) -> None:
    assert (tmp_path / "address").read_text() == server.address + "\n"


def test_another_path_says_where_to_look(server: HttpServer) -> None:
    status, text = get(server, "/")
    assert status == 404
    assert "/metrics" in text


def test_a_taken_port_is_refused_with_the_setting_to_change(server: HttpServer, health: Health) -> None:
    port = int(server.address.rpartition(":")[2])
    with pytest.raises(Refused, match="BACKORDER_HTTP__PORT"):
        HttpServer(HttpSettings(port=port), Metrics("orders").registry, health)
