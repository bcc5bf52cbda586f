"""`backorder publish`: events from a file onto the public topics."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from backorder.contract.unreadable import Unreadable
from backorder.engine.kafka import common, producer
from backorder.publisher.publisher import NotPublished, Publisher, producer_settings
from backorder.settings import load

EXIT_PROBLEM = 1
EXIT_USAGE = 2


def publish(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="JSON Lines, each a CloudEvent; - is standard input.")
    ] = Path("-"),
    rate: Annotated[
        float, typer.Option(min=0, help="Events a second; 0 = as fast as Kafka takes them.")
    ] = 0.0,
    broken_too: Annotated[
        bool,
        typer.Option(
            "--broken-too", help="Send lines that are no valid events as well: they become dead letters."
        ),
    ] = False,
) -> None:
    """Publish events from a file on the topics that their types belong to, in their order.

    Lines that move the clock of a simulation are left out. Exit code 1: something was not published.
    """
    settings = load()
    sender = producer(producer_settings(common(settings.kafka)))
    publisher = Publisher(sender, settings.topic_prefix, rate, broken_too, refused=_tell)
    start = time.monotonic()
    try:
        if file == Path("-"):
            publisher.publish(sys.stdin.buffer)
        else:
            with file.open("rb") as lines:
                publisher.publish(lines)
    except OSError as problem:
        typer.echo(f"{file}: {problem.strerror}", err=True)
        raise typer.Exit(EXIT_USAGE) from problem
    except NotPublished as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_PROBLEM) from problem
    seconds = time.monotonic() - start
    typer.echo(
        f"{publisher.published} events published in {seconds:.1f} s, {publisher.refused} refused", err=True
    )
    if publisher.refused:
        raise typer.Exit(EXIT_PROBLEM)


def _tell(number: int, unreadable: Unreadable) -> None:
    typer.echo(f"line {number}: {unreadable}", err=True)
