"""`deploy/docker-engine.sh`: an engine that answers is left alone, what is missing is fetched, or said."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "docker-engine.sh"
EVERYDAY = ("cat", "grep", "rm", "sed", "seq", "setsid", "sh", "sleep", "tail", "touch")

DOCKER = '[ -f "$FAKE/up" ] && echo 20.10.24'
DOCKERD = 'touch "$FAKE/up"; exec sleep 5'
APT = """\
echo "apt-get $*" >>"$FAKE/calls"
for word in "$@"; do
  case $word in
    docker.io) printf '#!/bin/sh\\n%s\\n' "$DOCKERD" >"$FAKE/bin/dockerd" ;;
    docker-cli) printf '#!/bin/sh\\n%s\\n' "$DOCKER" >"$FAKE/bin/docker" ;;
    *) continue ;;
  esac
  chmod +x "$FAKE"/bin/docker*
done
"""
DPKG = 'for last in "$@"; do :; done; grep -q "^$last$" "$FAKE/installed" && printf installed'


class Machine:
    """A Debian machine for root, with apt; all that it has of Docker is what a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        for name in (*EVERYDAY, "chmod"):
            program = shutil.which(name)
            assert program is not None
            (folder / "bin" / name).symlink_to(program)
        (folder / "os-release").write_text("PRETTY_NAME=x\nID=debian\n")
        (folder / "installed").touch()
        (folder / "calls").touch()
        self.has("id", "echo 0")
        self.has("apt-get", APT)
        self.has("dpkg-query", DPKG)

    def has(self, name: str, program: str) -> None:
        """Gives it a program, in shell."""
        file = self.folder / "bin" / name
        file.write_text(f"#!/bin/sh\n{program}\n")
        file.chmod(0o755)

    def run(self, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["sh", SCRIPT],
            env={
                "PATH": str(self.folder / "bin"),
                "FAKE": str(self.folder),
                "DOCKER": DOCKER,
                "DOCKERD": DOCKERD,
                "DOCKERD_LOG": str(self.folder / "dockerd.log"),
                "OS_RELEASE": str(self.folder / "os-release"),
                "RUN": str(self.folder),
                "SYSTEMD": str(self.folder / "no-systemd"),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_an_engine_that_answers_is_left_as_it_is_whoever_asks(machine: Machine) -> None:
    machine.has("docker", DOCKER)
    machine.has("id", "echo 1000")
    (machine.folder / "os-release").write_text("ID=fedora\n")
    (machine.folder / "up").touch()

    run = machine.run(DOCKER_HOST="tcp://elsewhere:2375")

    assert (run.returncode, machine.calls) == (0, [])
    assert "an engine answers, version 20.10.24" in run.stderr


def test_on_a_bare_machine_the_engine_is_fetched_and_started(machine: Machine) -> None:
    run = machine.run()

    assert run.returncode == 0, run.stderr
    assert "started an engine, version 20.10.24" in run.stderr
    fetched = [call.split()[-1] for call in machine.calls if " install " in call]
    assert machine.calls[0].startswith("apt-get update")
    assert any(call.endswith("docker.io iptables tini busybox-static") for call in machine.calls)
    assert fetched == ["busybox-static", "docker-cli"]


def test_what_is_there_is_not_fetched_again_only_started(machine: Machine) -> None:
    machine.has("docker", DOCKER)
    machine.has("dockerd", DOCKERD)
    (machine.folder / "installed").write_text("iptables\ntini\nbusybox-static\n")

    run = machine.run()

    assert (run.returncode, machine.calls) == (0, []), run.stderr


def test_what_a_killed_engine_left_behind_does_not_keep_the_next_one_from_starting(machine: Machine) -> None:
    machine.has("docker", DOCKER)
    machine.has("dockerd", f'[ -f "$FAKE/docker.pid" ] && exit 1; {DOCKERD}')
    (machine.folder / "installed").write_text("iptables\ntini\nbusybox-static\n")
    (machine.folder / "docker.pid").write_text("4194305")  # above the largest that there can be

    assert machine.run().returncode == 0


def test_the_pid_file_of_a_process_that_lives_is_left(machine: Machine) -> None:
    machine.has("docker", DOCKER)
    machine.has("dockerd", DOCKERD)
    (machine.folder / "installed").write_text("iptables\ntini\nbusybox-static\n")
    (machine.folder / "docker.pid").write_text(str(os.getpid()))

    machine.run()

    assert (machine.folder / "docker.pid").exists()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("fedora", "it can be installed on Debian only"),
        ("nobody", "to install and start one takes root"),
        (
            "elsewhere",
            "no engine answers at DOCKER_HOST=tcp://elsewhere:2375: start it, or",
        ),
        ("offline", "could not be fetched"),
        ("dying", "the engine does not answer"),
    ],
)
def test_what_is_in_the_way_is_said(machine: Machine, what: str, words: str) -> None:
    environment = {}
    if what == "fedora":
        (machine.folder / "os-release").write_text('ID="fedora"\n')
    elif what == "nobody":
        machine.has("id", "echo 1000")
    elif what == "elsewhere":
        environment["DOCKER_HOST"] = "tcp://elsewhere:2375"
    elif what == "offline":
        machine.has("apt-get", "exit 100")
    else:
        machine.has("docker", DOCKER)
        machine.has("dockerd", "echo no iptables here; exit 1")

    run = machine.run(**environment)

    assert run.returncode == 1
    assert words in run.stderr
    assert what != "dying" or "no iptables here" in run.stderr
