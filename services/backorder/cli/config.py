"""`backorder config show`."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from backorder.settings import load, variable

app = typer.Typer(help="Show the settings.", no_args_is_help=True)


class Output(StrEnum):
    ENV = "env"
    JSON = "json"


@app.callback()
def config() -> None:
    """Show the settings."""


@app.command()
def show(
    output: Annotated[Output, typer.Option("-o", "--output", help="How to print them.")] = Output.ENV,
) -> None:
    """Print every setting as it is in this environment; secrets are hidden."""
    values = load().shown()
    if output is Output.JSON:
        typer.echo(json.dumps(values, indent=2))
        return
    for path, value in _flat((), values):
        typer.echo(f"{variable(path)}={'' if value is None else value}")


def _flat(path: tuple[str, ...], values: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat((*path, name), value)
        else:
            yield (*path, name), value
