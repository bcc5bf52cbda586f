"""The worked examples of docs/domain.md: events in short, and what comes of them in a line each.

An example is a block of JSON lines, each an event without its envelope (`at` is the day of March 2026 and the
time, `type` the type's short name, the rest its data), and behind arrows what goes out. Of the types that it
names it has every event, in order; `line` and `stock` are rows as they are in the end.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from typer.testing import CliRunner

from backorder.cli.main import build
from tests.support.markdown import Page

PREFIX, SUFFIX, MONTH = "io.backorder.", ".v1", "2026-03-"
ROWS = ("line", "stock")
ARROW = "→ "
_SUBJECTS = ("order_id", "purchase_order_id", "receipt_id", "sku")
_ABOUT_ITEMS = ("stock.", "item.", "release.")


class Example(NamedTuple):
    """One example: the heading that it is under, the events, and what should go out."""

    heading: str
    events: list[dict[str, Any]]
    expected: list[str]


def examples(page: Page) -> Iterator[Example]:
    """Every block that begins with an event."""
    for block in page.code():
        if block.kind == "fenced" and block.text.startswith("{"):
            heading = re.findall(r"^#+ (.*)$", page.text[: page.text.index(block.text)], re.M)[-1]
            lines = block.text.splitlines()
            events = [json.loads(line) for line in lines if not line.startswith(ARROW)]
            yield Example(heading, events, [line.removeprefix(ARROW) for line in lines if ARROW in line])


def simulated(events: list[dict[str, Any]]) -> dict[str, Any]:
    """What `backorder simulate` says of the events."""
    text = b"".join(_whole(event, number) for number, event in enumerate(events, 1))
    command = ["simulate", "-", "-o", "json"]
    result = CliRunner().invoke(build(command), command, input=text)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def _whole(short: dict[str, Any], number: int) -> bytes:
    data = {name: _date_or_value(value) for name, value in short.items() if name not in ("at", "type", "id")}
    event = {
        "specversion": "1.0",
        "id": short.get("id", f"event-{number}"),
        "source": "/example",
        "type": f"{PREFIX}{short['type']}{SUFFIX}",
        "time": _date_or_value(short["at"]),
        "subject": _subject(short["type"], data),
        "data": data,
    }
    return json.dumps(event).encode() + b"\n"


def _subject(kind: str, data: dict[str, Any]) -> str:
    names = ("sku",) if kind.startswith(_ABOUT_ITEMS) else _SUBJECTS
    return next((data[name] for name in names if name in data), "")


def _date_or_value(value: Any) -> Any:
    """Short dates written out, in lists and objects too."""
    if isinstance(value, str) and re.fullmatch(r"\d\dT\d\d:\d\d(:\d\d)?", value):
        return f"{MONTH}{value}{':00' if len(value) == 8 else ''}Z"
    if isinstance(value, list):
        return [_date_or_value(each) for each in value]
    if isinstance(value, dict):
        return {name: _date_or_value(each) for name, each in value.items()}
    return value


def differences(expected: list[str], document: dict[str, Any]) -> list[str]:
    """What of the expected lines is not so, and what else went out of the types that they name."""
    told = [line for line in expected if line.split()[0] not in ROWS]
    types = {line.split()[0] for line in told}
    happened = [event for event in document["events"] if _type(event) in types]
    wrong = [line for line in expected if line.split()[0] in ROWS and not _is_row(line, document)]
    for index in range(max(len(told), len(happened))):
        if index >= len(happened):
            wrong.append(f"did not happen: {told[index]}")
        elif index >= len(told) or not _says(told[index], _type(happened[index]), happened[index]["data"]):
            wrong.append(f"happened: {_type(happened[index])} {happened[index]['data']}")
    return wrong


def _type(event: dict[str, Any]) -> str:
    return str(event["type"]).removeprefix(PREFIX).removesuffix(SUFFIX)


def _is_row(line: str, document: dict[str, Any]) -> bool:
    kind, name, *_ = line.split()
    rows = document["lines" if kind == "line" else "stock"]
    return any(_name(row) == name and _says(line, kind, row) for row in rows)


def _name(data: dict[str, Any]) -> str:
    """What a line of text calls it: order and line, order, SKU and place, or SKU."""
    if "lines" in data or "order_id" in data:
        return f"{data['order_id']}/{data['line']}" if "line" in data else str(data["order_id"])
    if "location" in data:
        return f"{data['sku']}@{data['location'] or 'any'}"
    return str(data.get("sku", data.get("event_id")))


def _says(line: str, kind: str, data: dict[str, Any]) -> bool:
    what, name, *fields = line.split()
    if (what, name) != (kind, _name(data)):
        return False
    figures = dict(data)
    if isinstance(data.get("lines"), list):
        figures["units"] = sum(part.get("quantity", 0) for part in data["lines"])
        figures["from"] = "+".join(sorted({part["location"] for part in data["lines"] if "location" in part}))
    given = [field.partition("=") for field in fields]
    return all(field in figures and _short(figures[field]) == value for field, _, value in given)


def _short(value: Any) -> str:
    if isinstance(value, str) and value.startswith(MONTH):
        return value[len(MONTH) : len(MONTH) + len("02T10:00")]
    return value if isinstance(value, str) else json.dumps(value)
