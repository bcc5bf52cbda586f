"""Free TCP ports for servers on this machine."""

import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 15000


def free_port() -> int:
    """A port that nobody listens on just now; somebody may take it before you do, so be ready to ask again.

    Never one of those that the kernel hands to outgoing connections. While a server is down, its clients
    keep trying its port, and one of them may be given that very port to try from: it is then connected to
    itself, and the server cannot come back to its address.
    """
    highest = _first_outgoing_port() - 1
    for _ in range(200):
        port = random.randint(LOWEST, highest) if highest > LOWEST else 0
        with socket.socket() as probe:
            # As a server would, so that a port that was in use a moment ago counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
            except OSError:
                continue
    raise OSError(f"no free port found between {LOWEST} and {highest}")


def _first_outgoing_port() -> int:
    try:
        return int(RANGE_FILE.read_text().split()[0])
    except FileNotFoundError:
        return 32768  # other systems start higher than Linux does
