"""Results that stay: with date, command and machine, in `bench/results/`."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def keep(what: str, **figures: Any) -> Path:
    """Writes a file of the figures, named for what they are of and for now; returns it."""
    now = datetime.now(UTC)
    module = getattr(sys.modules["__main__"], "__spec__", None)
    name = f"-m {module.name.removesuffix('.__main__')}" if module else Path(sys.argv[0]).name
    document = {
        "date": now.isoformat(timespec="seconds"),
        "command": " ".join(["python", name, *sys.argv[1:]]),
        "machine": machine(),
        **figures,
    }
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{what}-{now:%Y-%m-%d-%H%M}.json"
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file.relative_to(RESULTS.parents[1])


def machine() -> dict[str, Any]:
    """What the figures are taken on, and how busy it is."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }
