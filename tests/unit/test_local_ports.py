"""Ports for local servers: free, and not among those that outgoing connections are given."""

import socket
from pathlib import Path

import pytest

from backorder.local import ports
from backorder.local.ports import HOST, free_port


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server((HOST, free_port())) as server:
        assert server.getsockname()[0] == HOST


def test_a_port_that_somebody_listens_on_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, free_port())) as server:
        taken = server.getsockname()[1]
        offers = iter([taken, taken, taken + 1, taken + 2, taken + 3])
        monkeypatch.setattr("random.randint", lambda _low, _high: next(offers))

        assert free_port() > taken


def test_no_port_of_the_kernel_s_outgoing_range_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "range").write_text("15020\t60999\n")
    monkeypatch.setattr(ports, "RANGE_FILE", tmp_path / "range")

    assert all(ports.LOWEST <= free_port() < 15020 for _ in range(50))


def test_where_outgoing_connections_may_have_any_port_the_kernel_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "range").write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "RANGE_FILE", tmp_path / "range")

    assert free_port() > 1024
