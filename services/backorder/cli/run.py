"""`backorder run`: one service in this process."""

from enum import StrEnum
from importlib import import_module
from typing import Annotated

import typer

from backorder.settings import load


class Service(StrEnum):
    ORDERS = "orders"
    INVENTORY = "inventory"
    RECEIVING = "receiving"
    ALLOCATION = "allocation"


def run(service: Annotated[Service, typer.Argument(help="Which service.")]) -> None:
    """Run one service until it is told to stop.

    It ends with 0 on SIGTERM or SIGINT (the batch in hand is finished; a second signal ends it at once),
    with 75 when a new process will recover by itself, with 78 when something has to be changed first: the
    log says what.
    """
    settings = load()
    room = import_module(f"backorder.{service.value}.service")
    raise typer.Exit(room.run(settings))
