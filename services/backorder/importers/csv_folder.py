"""Reads the tables of a data set: gzipped CSV files in one folder, each with a header row."""

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SUFFIX = ".csv.gz"


class DataError(Exception):
    """A file or a column is missing, or a value is not what it should be; the message names it."""


Columns = Mapping[str, Callable[[str], Any]]
"""What is read of a table: a column's name, and what makes its text a value (raising ValueError)."""


def rows(folder: Path, table: str, columns: Columns) -> Iterator[tuple[Any, ...]]:
    """The values of the named columns, row by row. Raises `DataError`."""
    path = folder / f"{table}{SUFFIX}"
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            places = _places(next(reader, []), columns, path)
            for row in reader:
                yield tuple([read(row[place]) for place, read in places])
    except FileNotFoundError:
        raise DataError(f"{path} is missing") from None
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{path} is not a gzipped CSV file in UTF-8: {problem}") from None
    except IndexError:
        raise DataError(f"{path}, line {reader.line_num}: fewer values than columns") from None
    except ValueError as problem:
        raise DataError(f"{path}, line {reader.line_num}: {problem}") from None


def _places(header: Sequence[str], columns: Columns, path: Path) -> list[tuple[int, Callable[[str], Any]]]:
    missing = [column for column in columns if column not in header]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}")
    return [(header.index(column), read) for column, read in columns.items()]


def number_or_none(text: str) -> int | None:
    """A number, or nothing."""
    return int(text) if text else None


def moment(text: str) -> datetime:
    """A date, with a time or without (then midnight). Data without a time zone are taken as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only_table(folder: Path, beginning: str) -> str:
    """The one table whose name begins so. Raises `DataError` when there is none or more than one."""
    found = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"{beginning}*{SUFFIX}"))
    if len(found) != 1:
        what = "no file" if not found else f"{len(found)} files"
        raise DataError(f"{folder} has {what} {beginning}*{SUFFIX}; one is needed")
    return found[0]
