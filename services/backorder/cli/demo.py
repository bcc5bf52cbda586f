"""`backorder demo`: the whole processor at work."""

import signal
from pathlib import Path
from typing import Annotated

import typer

from backorder.cli._console import console
from backorder.demo.run import EVENTS, RATE, Options, run
from backorder.importers.csv_folder import DataError
from backorder.local.errors import LocalError
from backorder.publisher.publisher import NotPublished
from backorder.testing.choice import CHOICES, BadChoice

EXIT_PROBLEM = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def demo(
    events: Annotated[
        int | None,
        typer.Option(
            min=100, help=f"How many events; default {EVENTS:,}, with --data all (a limit for each data set)."
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="The same seed gives the same sample, in much the same order."),
    ] = 1,
    rate: Annotated[
        float,
        typer.Option(
            min=0,
            help="Events a second at most, as far as the services keep up; 0 = no limit.",
        ),
    ] = RATE,
    data: Annotated[
        Path | None,
        typer.Option(help="Play imported data: a folder with wide-world-importers, online-retail, or both."),
    ] = None,
    broker: Annotated[
        str, typer.Option(metavar=CHOICES, help="Which Kafka; auto = an embedded one.")
    ] = "auto",
    keep: Annotated[
        bool, typer.Option("--keep", help="Let everything run on at the end, until Ctrl-C.")
    ] = False,
) -> None:
    """Show the whole processor at work on a Kafka of its own.

    Starts Kafka and the four services, plays a year of trade through the public topics, shows what happens,
    and at the end reconciles all that was written. Exit code 1: the reconciliation, or a part of the system,
    failed. Ctrl-C ends everything.
    """
    # A supervisor's SIGTERM, or a terminal that is closed, ends the demo in the same order as Ctrl-C; and
    # Ctrl-C does where a shell that started it in the background has told it to ignore that.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    options = Options(events, seed, rate, data, broker, keep)
    try:
        code = run(options, console())
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except (DataError, BadChoice) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_USAGE) from None
    except (LocalError, NotPublished, TimeoutError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_PROBLEM) from None
    raise typer.Exit(code)
