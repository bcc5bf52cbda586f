"""A line of JSON for what happened in a fault test, in the file that FAULT_REPORT names, if it names one."""

import json
import os
from pathlib import Path
from typing import Any


def tell(**what: Any) -> None:
    """Appends the line; without FAULT_REPORT nothing is kept."""
    if file := os.environ.get("FAULT_REPORT"):
        with Path(file).open("a", encoding="utf-8") as report:
            report.write(json.dumps(what) + "\n")
