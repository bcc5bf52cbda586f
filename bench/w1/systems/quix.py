"""W1 on Quix Streams, exactly once. Runs in the environment of bench/requirements.txt, without our package.

    python quix.py BOOTSTRAP INPUT PREFIX

The state of a SKU is one value, its units and its queue: the state has no scan in order. It commits once a
second; its default of 5 s changes little but how finely a run can be measured.
"""

import sys
import tempfile
from operator import itemgetter
from typing import Any

from quixstreams import Application, State


def answers(command: dict[str, Any], state: State) -> list[tuple[str, str, int]]:
    """Folds one command, and returns what follows: type, order, quantity."""
    kind = command["type"]
    units, queue = state.get("stock", (0, ()))
    found: list[tuple[str, str, int]] = []
    if kind == "order_line":
        order, quantity = command["order_id"], command["quantity"]
        if not queue and units >= quantity:
            units -= quantity
            found.append(("allocated", order, quantity))
        else:
            queue = [*queue, (order, quantity)]
            found.append(("waiting", order, quantity))
    elif kind == "receipt":
        units += command["quantity"]
        filled = 0
        while filled < len(queue) and queue[filled][1] <= units:
            order, quantity = queue[filled]
            units -= quantity
            filled += 1
            found.append(("filled", order, quantity))
        queue = queue[filled:]
    else:
        order = command["order_id"]
        place = next((n for n, (waiting, _) in enumerate(queue) if waiting == order), None)
        if place is None:
            return found
        found.append(("cancelled", order, queue[place][1]))
        queue = [*queue[:place], *queue[place + 1 :]]
    state.set("stock", (units, queue))
    return found


def outputs(command: dict[str, Any], state: State) -> list[dict[str, Any]]:
    """The messages that follow from one."""
    sku = command["sku"]
    return [
        {"type": type, "order_id": order, "sku": sku, "quantity": quantity}
        for type, order, quantity in answers(command, state)
    ]


def main(bootstrap: str, input_topic: str, prefix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = Application(
            broker_address=bootstrap,
            consumer_group=prefix + "quix",
            auto_offset_reset="earliest",
            processing_guarantee="exactly-once",
            commit_interval=1.0,
            state_dir=folder,
            loglevel="WARNING",
            consumer_extra_config={"fetch.queue.backoff.ms": 2},
            producer_extra_config={
                "linger.ms": 20,
                "compression.type": "lz4",
                "retry.backoff.ms": 3,
                "batch.num.messages": 100_000,
                "queue.buffering.max.messages": 500_000,
            },
        )
        source = app.topic(input_topic, value_deserializer="json")
        sink = app.topic(prefix + "out", key_serializer="str", value_serializer="json")
        stream = app.dataframe(source).apply(outputs, stateful=True, expand=True)
        stream.to_topic(sink, key=itemgetter("order_id"))
        app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
