"""Reads the tables of a data set: gzipped CSV files in one folder, each with a header row."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path

SUFFIX = ".csv.gz"


class DataError(Exception):
    """A file or a column is missing, or a value is not what it should be; the message names it."""


def rows(folder: Path, table: str, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The values of the named columns, row by row, as text. Raises `DataError`."""
    path = folder / f"{table}{SUFFIX}"
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            places = _places(next(reader, []), columns, path)
            for row in reader:
                yield tuple([row[place] for place in places])
    except FileNotFoundError:
        raise DataError(f"{path} is missing") from None
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise DataError(f"{path} is not a gzipped CSV file in UTF-8: {problem}") from None
    except IndexError:
        raise DataError(f"{path}, line {reader.line_num}: fewer values than columns") from None


def _places(header: Sequence[str], columns: Sequence[str], path: Path) -> list[int]:
    missing = [column for column in columns if column not in header]
    if missing:
        raise DataError(f"{path} has no column {', '.join(missing)}")
    return [header.index(column) for column in columns]


def only_table(folder: Path, beginning: str) -> str:
    """The one table whose name begins so. Raises `DataError` when there is none or more than one."""
    found = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob(f"{beginning}*{SUFFIX}"))
    if len(found) != 1:
        what = "no file" if not found else f"{len(found)} files"
        raise DataError(f"{folder} has {what} {beginning}*{SUFFIX}; one is needed")
    return found[0]
