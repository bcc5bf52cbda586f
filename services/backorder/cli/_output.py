"""Where a command writes what it makes: a file or standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import typer

EXIT_USAGE = 2


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for writing; `-` is standard output. Ends the program when it cannot be opened, and
    quietly when the reader of a pipe has had enough."""
    if path == Path("-"):
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Nothing more can be said there; without this Python tries once more at exit, and complains.
            sys.stdout = None
            raise typer.Exit(1) from None
        return
    try:
        file = path.open("wb")
    except OSError as problem:
        typer.echo(f"{path}: {problem.strerror}", err=True)
        raise typer.Exit(EXIT_USAGE) from problem
    with file:
        yield file
