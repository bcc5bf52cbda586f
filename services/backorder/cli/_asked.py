"""Whose state `explain`, `queue` and `plan` ask: a running processor's, or that after a file of events."""

import gc
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple, NoReturn

import msgspec
import typer
from rich.console import Console

from backorder.domain.fold import Fold
from backorder.explain.history import TOPICS
from backorder.explain.supposing import Unknown, finish_big_steps
from backorder.live.state import NotThere, read_history, read_state
from backorder.settings import load
from backorder.simulate.simulation import NotJsonLines, Simulation

EXIT_PROBLEM = 1
EXIT_USAGE = 2


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"


PoolOption = Annotated[str, typer.Option("--pool", help="The stock pool.")]
SimulateOption = Annotated[
    Path | None, typer.Option("--simulate", metavar="FILE", help="Ask the state after this file of events.")
]
BootstrapOption = Annotated[
    str | None,
    typer.Option(
        "--bootstrap",
        metavar="HOST:PORT",
        help="Which Kafka. Default: BACKORDER_KAFKA__BOOTSTRAP_SERVERS.",
    ),
]
OutputOption = Annotated[Output, typer.Option("-o", "--output", help="How to print.")]


class Asked(NamedTuple):
    """The state that is asked, and the events among which the history of an order is. where: which state."""

    fold: Fold
    published: list[bytes]
    where: str


def problem(message: str, code: int = EXIT_PROBLEM) -> NoReturn:
    """Says what is wrong, and ends the program."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def order_line(text: str) -> tuple[str, int]:
    """ORDER/LINE as it is given. An order id may have slashes of its own; the line is behind the last."""
    order_id, slash, number = text.rpartition("/")
    if not slash or not order_id or not number.isdecimal():
        raise typer.BadParameter(f"{text!r} is not ORDER/LINE, such as ANNA/1")
    return order_id, int(number)


def say(out: Console, text: str) -> None:
    """Prints a line as it is."""
    out.print(text, markup=False, highlight=False, soft_wrap=True)


def say_json(data: object) -> None:
    """Prints an answer for programs."""
    typer.echo(msgspec.json.format(msgspec.json.encode(data)).decode())


def ask(simulate: Path | None, bootstrap: str | None, pool: str, order_id: str | None = None) -> Asked:
    """The state of a pool; `order_id`: with what was said of that order. Ends the program when there is no
    such pool or file."""
    # The state is read whole and has no cycles; looking for garbage in it takes a third of the time.
    gc.disable()
    try:
        asked = _simulated(simulate) if simulate is not None else _live(bootstrap, pool, order_id)
        unsettled = finish_big_steps(asked.fold, pool)
    except (NotThere, Unknown) as unknown:
        problem(str(unknown))
    finally:
        gc.enable()
    if unsettled:
        typer.echo(f"a big step is under way, and was finished first: {', '.join(unsettled)}", err=True)
    return asked


def _live(bootstrap: str | None, pool: str, order_id: str | None) -> Asked:
    settings = load()
    address = bootstrap or settings.kafka.bootstrap_servers
    options = settings.kafka.librdkafka
    state = read_state(address, pool, settings.topic_prefix, options)
    published: list[bytes] = []
    if order_id is not None:
        published += read_history(address, order_id, TOPICS, settings.topic_prefix, options)
    where = f"journal-{state.partition} up to offset {state.processed_to}"
    return Asked(state.fold, published, where)


def _simulated(file: Path) -> Asked:
    simulation = Simulation()
    published: list[bytes] = []
    try:
        with file.open("rb") as lines:
            for line in lines:
                published += simulation.take(line)
    except NotJsonLines as wrong:
        problem(f"{file}: {wrong}", EXIT_USAGE)
    except OSError as unreadable:
        problem(f"{file}: {unreadable.strerror}", EXIT_USAGE)
    return Asked(simulation.fold, published, f"{file}, simulated")
