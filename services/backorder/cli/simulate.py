"""`backorder simulate`: the whole processor without a broker."""

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from backorder.cli._console import console
from backorder.simulate.document import Document
from backorder.simulate.simulation import NotJsonLines, Simulation
from backorder.simulate.table import Summary, print_tables

EXIT_BAD_FILE = 2
ALL_COLUMNS = 136
"""Characters that the widest table needs."""


class Output(StrEnum):
    JSON = "json"
    TABLE = "table"


def simulate(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="JSON Lines, each a CloudEvent; - is standard input.")
    ] = Path("-"),
    output: Annotated[Output, typer.Option("-o", "--output", help="What to print.")] = Output.TABLE,
) -> None:
    """Run events through the whole processor, without a broker, and print what comes of them.

    The events are taken in their order, by the same code that the services run. Time is that of the events;
    a line {"type": "io.backorder.clock.ticked.v1", "time": "..."} moves it and does nothing else.
    The exit code is 2 when a line is not JSON.
    """
    try:
        with _opened(file) as lines, _no_needless_collections():
            if output is Output.JSON:
                _print_json(lines)
            else:
                _print_tables(lines)
    except NotJsonLines as wrong:
        _fail(f"{_name(file)}: {wrong}")
    except OSError as problem:
        _fail(f"{_name(file)}: {problem.strerror}")


def _print_json(lines: Iterable[bytes]) -> None:
    simulation = Simulation()
    with Document() as document:
        for line in lines:
            document.add(simulation.take(line))
        document.write(simulation, sys.stdout.buffer)


def _print_tables(lines: Iterable[bytes]) -> None:
    simulation, summary = Simulation(), Summary()
    for line in lines:
        summary.add(simulation.take(line))
    print_tables(simulation, summary, console(ALL_COLUMNS))


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == Path("-"):
        yield sys.stdin.buffer
    else:
        with file.open("rb") as opened:
            yield opened


@contextmanager
def _no_needless_collections() -> Iterator[None]:
    """The state of the fold only grows and has no cycles: looking through it again and again for garbage
    would find none and take a quarter of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _name(file: Path) -> str:
    return "standard input" if file == Path("-") else str(file)


def _fail(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(EXIT_BAD_FILE)
