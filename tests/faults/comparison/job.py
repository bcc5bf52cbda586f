"""The stock job of the comparison: units on hand of a SKU, and its waiting lines, first come first served.

Pure, and the same for all: every system under test and the judge call `fold`, so that only the delivery can
make a difference between them. Nothing but the standard library: it also runs in the environment of the peer.
"""

import json
from typing import Any

State = dict[str, Any]
"""`on_hand`: units; `waiting`: [order, units] for each waiting line, the first in the queue first."""
Event = dict[str, Any]
Output = dict[str, Any]


def empty() -> State:
    """A SKU of which nothing is known."""
    return {"on_hand": 0, "waiting": []}


def fold(state: State, event: Event) -> tuple[State, list[Output]]:
    """The state after the event, and what is said about it; `state` itself is left as it is."""
    on_hand, waiting = state["on_hand"], list(state["waiting"])
    outputs: list[Output] = []
    if event["type"] == "order_line":
        line = [event["order"], event["units"]]
        if not waiting and on_hand >= event["units"]:
            on_hand -= event["units"]
            outputs.append(_output(event, "allocated", line))
        else:
            waiting.append(line)
            outputs.append(_output(event, "waiting", line))
    elif event["type"] == "receipt":
        on_hand += event["units"]
        while waiting and waiting[0][1] <= on_hand:
            line = waiting.pop(0)
            on_hand -= line[1]
            outputs.append(_output(event, "allocated", line))
    else:
        gone = [line for line in waiting if line[0] == event["order"]]
        waiting = [line for line in waiting if line[0] != event["order"]]
        outputs += [_output(event, "cancelled", line) for line in gone]
    return {"on_hand": on_hand, "waiting": waiting}, outputs


def _output(event: Event, kind: str, line: list[Any]) -> Output:
    return {"event": event["id"], "kind": kind, "order": line[0], "units": line[1]}


def encoded(document: State | Event | Output) -> bytes:
    """The one form of a document, so that equal ones are equal bytes."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def decoded(value: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(value)
    return found
