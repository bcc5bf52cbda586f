"""Removes the containers of a process when that ends, however it ends: for machines without Ryuk.

Ryuk, testcontainers' own reaper, is an image that has to be pulled. This is a small process instead. It waits
for the end of its standard input, which comes when its owner closes it or is killed, and then removes every
container and network that carries the owner's label.

    python -m backorder.testing.reaper org.testcontainers.session-id=<id>
"""

import atexit
import subprocess
import sys
from contextlib import closing, suppress
from threading import Lock

import docker
from docker.errors import APIError
from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID

_lock = Lock()
_running: "subprocess.Popen[bytes] | None" = None


def watch() -> None:
    """Starts the reaper of this process, once. It ends by itself."""
    global _running
    with _lock:
        if _running is None:
            command = [sys.executable, "-m", "backorder.testing.reaper", f"{LABEL_SESSION_ID}={SESSION_ID}"]
            # A session of its own: Ctrl-C in the owner's terminal does not reach it.
            _running = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
            atexit.register(_end, _running)


def _end(running: "subprocess.Popen[bytes]") -> None:
    """Lets it do its work and waits until it has: an end in good order leaves nothing to itself."""
    running.communicate()


def remove(client: docker.DockerClient, label: str) -> None:
    """Removes the containers with this label, and then the networks."""
    for container in client.containers.list(all=True, filters={"label": label}):
        with suppress(APIError):  # its owner was just removing it itself
            container.remove(force=True, v=True)
    for network in client.networks.list(filters={"label": label}):
        with suppress(APIError):
            network.remove()


def main(label: str) -> None:
    sys.stdin.read()
    with closing(docker.from_env()) as client:
        remove(client, label)


if __name__ == "__main__":
    main(sys.argv[1])
