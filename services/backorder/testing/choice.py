"""One choice of Kafka for the tests and the demo: `--broker auto|local|docker|HOST:PORT`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backorder.local.broker import Broker
from backorder.local.errors import LocalError

EMBEDDED = ("auto", "local")
DOCKER = "docker"
CHOICES = "auto|local|docker|HOST:PORT"


class BadChoice(ValueError):
    """`--broker` says something that is not to be had; the message says what may be said."""


def check_choice(choice: str) -> None:
    """Raises `BadChoice`."""
    if choice not in (*EMBEDDED, DOCKER) and not re.fullmatch(r"[^\s:/]+:\d{1,5}", choice):
        raise BadChoice(f"--broker {choice}: not one of auto, local, docker, HOST:PORT")


def runs_already(choice: str) -> bool:
    """Whether it is somebody else's Kafka, which was there before and stays."""
    return choice not in (*EMBEDDED, DOCKER)


@contextmanager
def chosen_kafka(choice: str, folder: Path, quick_start: bool = False) -> Iterator[str]:
    """The address of the Kafka that is chosen: the embedded one with its data in `folder`, one in a
    container, or one that runs already. What it starts, it stops. `quick_start` as for `Broker`.

    Raises `BadChoice`, `LocalError` when it does not start.
    """
    check_choice(choice)
    if choice in EMBEDDED:
        with Broker(folder, quick_start=quick_start) as broker:
            yield broker.bootstrap
    elif choice == DOCKER:
        try:
            from backorder.testing import ApacheKafkaContainer
        except ImportError as missing:
            raise LocalError(f"--broker docker: {missing}") from missing
        with ApacheKafkaContainer() as container:
            yield container.bootstrap
    else:
        yield choice
