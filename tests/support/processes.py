"""What tests ask the operating system about processes."""

from pathlib import Path


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits for its parent to take notice, does not."""
    return state_of(pid) not in ("", "Z", "X")


def state_of(pid: int) -> str:
    """How the kernel sees it: R runs, S waits, T is stopped, Z is a zombie; nothing = there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return stat.rpartition(")")[2].split()[0]


def parent_of(pid: int) -> int:
    """The process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
