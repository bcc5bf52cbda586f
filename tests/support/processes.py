"""What tests ask the operating system about processes."""

from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits for its parent to take notice, does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def parent_of(pid: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
