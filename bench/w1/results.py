"""The table of a run, and the file in which it is kept."""

import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.w1.measure import Measured
from bench.w1.players import PLAYERS

Runs = Mapping[str, Sequence[Measured]]


def table(runs: Runs) -> str:
    """Markdown: medians, the range in brackets, and ratios of medians of the same run."""
    rate = {name: statistics.median(run.rate for run in found) for name, found in runs.items()}
    cpu = {name: statistics.median(run.cpu_micros for run in found) for name, found in runs.items()}
    lines = [
        "| system | k events/s | CPU µs/event, median | lowest | engine's rate to it | its CPU to ours |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in runs.items():
        rates = sorted(run.rate for run in found)
        lowest = min(run.cpu_micros for run in found)
        ratios = (
            f"{rate['engine'] / rate[name]:.2f} | {cpu[name] / cpu['engine']:.2f}"
            if "engine" in runs
            else "| "
        )
        spread = f"{rate[name]:.1f} ({rates[0]:.1f}-{rates[-1]:.1f})"
        lines.append(f"| {PLAYERS[name].title} | {spread} | {cpu[name]:.2f} | {lowest:.2f} | {ratios} |")
    return "\n".join(lines)


def keep(folder: Path, what: str, runs: Runs, **how: Any) -> Path:
    """Writes a run with its date, machine and command."""
    now = datetime.now(UTC)
    document = {
        "date": now.isoformat(timespec="seconds"),
        "command": "python -m " + " ".join(["bench.w1", *sys.argv[1:]]),
        "machine": machine(),
        **how,
        "runs": {
            name: [
                {
                    "events": run.events,
                    "seconds": round(run.seconds, 3),
                    "client_cpu_seconds": round(run.cpu_seconds, 2),
                    "k_events_per_second": round(run.rate, 1),
                    "client_cpu_us_per_event": round(run.cpu_micros, 2),
                }
                for run in found
            ]
            for name, found in runs.items()
        },
        "table": table(runs).splitlines(),
    }
    folder.mkdir(exist_ok=True)
    file = folder / f"{what}-{now:%Y-%m-%d-%H%M}.json"
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(pages / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }
