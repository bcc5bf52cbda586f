"""The systems that are compared: how a worker is started, and where its table stands."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.comparison.job import State, decoded

ROOT = Path(__file__).parents[3]
FAUST_PYTHON = ROOT / ".cache" / "faust" / "bin" / "python"
"""The interpreter of the environment that `make comparison` fills from `requirements.txt`."""


@dataclass(frozen=True)
class System:
    """One system under test, with names of topics and groups that only it uses."""

    name: str
    command: list[str]
    prefix: str
    group: str
    changelog: str
    json_keys: bool = False
    """Whether the keys of the changelog are JSON strings."""
    environment: Mapping[str, str] = field(default_factory=lambda: {**os.environ, "PYTHONPATH": str(ROOT)})

    @property
    def commands(self) -> str:
        return f"{self.prefix}cmd"

    @property
    def said(self) -> str:
        return f"{self.prefix}out"

    def row(self, key: bytes, value: bytes) -> tuple[str, State]:
        """A record of the changelog as SKU and state."""
        sku = key.decode()
        return (sku.strip('"') if self.json_keys else sku), decoded(value)


def engine(bootstrap: str, prefix: str, folder: Path) -> System:
    """Our engine with the job's handler."""
    command = [sys.executable, "-m", "tests.faults.comparison.on_engine", bootstrap, prefix]
    return System("engine", command, prefix, f"{prefix}stock", f"{prefix}stock-state")


def faust(bootstrap: str, prefix: str, folder: Path) -> System:
    """Faust as its documentation shows it, exactly once."""
    return _faust("faust", bootstrap, prefix, folder)


def faust_sink_consumed(bootstrap: str, prefix: str, folder: Path) -> System:
    """The same, and the worker also reads its output topic: the outputs are inside transactions then."""
    return _faust("faust-sink-consumed", bootstrap, prefix, folder, "sink-consumed")


def faust_careful(bootstrap: str, prefix: str, folder: Path) -> System:
    """The best that we found: that, and each output is on the broker before its event is done. Slow."""
    return _faust("faust-careful", bootstrap, prefix, folder, "sink-consumed", "delivery-awaited")


def _faust(name: str, bootstrap: str, prefix: str, folder: Path, *more: str) -> System:
    module = "tests.faults.comparison.on_faust"
    command = [str(FAUST_PYTHON), "-m", module, bootstrap, prefix, str(folder / "data"), *more]
    group = f"{prefix}faust"
    return System(name, command, prefix, group, f"{group}-stock-changelog", json_keys=True)


SYSTEMS = {
    "engine": engine,
    "faust": faust,
    "faust-sink-consumed": faust_sink_consumed,
    "faust-careful": faust_careful,
}


def versions(name: str) -> dict[str, str]:
    """The versions of what carries a system; raises `FileNotFoundError` when its environment is not there."""
    python, packages = (
        (sys.executable, ("confluent-kafka",))
        if name == "engine"
        else (str(FAUST_PYTHON), ("faust-streaming", "aiokafka"))
    )
    code = "import importlib.metadata as m, sys; print(*[m.version(name) for name in sys.argv[1:]])"
    answer = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True, check=True)
    return dict(zip(packages, answer.stdout.split(), strict=True))
