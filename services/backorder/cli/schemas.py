"""`backorder schemas`: the generated files under `schemas/`, and what a change of them would break."""

from pathlib import Path
from typing import Annotated

import typer

from backorder.contract import compatibility, generate

app = typer.Typer(help="Write and check the schemas.", no_args_is_help=True)

EXIT_FOUND = 1
Folder = Annotated[
    Path, typer.Option("--folder", exists=True, file_okay=False, help="The schemas folder of a checkout.")
]
SCHEMAS = Path("schemas")


@app.callback()
def schemas() -> None:
    """Write and check the schemas."""


@app.command()
def write(folder: Folder = SCHEMAS) -> None:
    """Write JSON Schemas and the AsyncAPI document from the models and the catalogue."""
    generate.write(folder)


@app.command()
def check(folder: Folder = SCHEMAS) -> None:
    """Say which generated file is not what the models say; the exit code is 1 then."""
    _report(generate.check(folder))


@app.command()
def compare(
    earlier: Annotated[str, typer.Argument(help="A git revision, or a folder of schemas.")] = "HEAD",
    folder: Folder = SCHEMAS,
) -> None:
    """Say which changes since an earlier version would break somebody; the exit code is 1 then."""
    before = Path(earlier)
    try:
        known = (
            compatibility.schemas_in(before) if before.is_dir() else compatibility.schemas_at(earlier, folder)
        )
    except compatibility.NoEarlierVersionError as nothing:
        typer.echo(str(nothing), err=True)
        raise typer.Exit(2) from None
    _report(compatibility.breaking_changes(known, compatibility.schemas_in(folder)))


def _report(found: list[str]) -> None:
    for sentence in found:
        typer.echo(sentence)
    if found:
        raise typer.Exit(EXIT_FOUND)
    typer.echo("all is well", err=True)
