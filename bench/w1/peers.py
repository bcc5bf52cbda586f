"""The Python peers' own environment, made from `bench/requirements.txt` and anew when that changes."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
FOLDER = Path(__file__).parents[2] / ".cache" / "bench-peers"


def python() -> Path:
    """The interpreter that has the peers' packages."""
    found, stamp = FOLDER / "bin" / "python", FOLDER / "made-from"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"making the peers' environment in {FOLDER}", file=sys.stderr)
        shutil.rmtree(FOLDER, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        install = [found, "-m", "pip", "install", *quiet, "--require-hashes", "-r", REQUIREMENTS]
        subprocess.run(install, check=True)
        stamp.write_text(wanted)
    return found
