"""W1 on Faust. Runs in the environment of bench/requirements.txt, without our package.

    python faust_app.py BOOTSTRAP INPUT PREFIX exactly_once|at_least_once

The state of a SKU is one value of a table in memory: its units and its queue. Messages are raw bytes for
Faust and read by orjson here; the loop is uvloop's, and the producer lingers: each made it faster.
"""

import sys

import faust
import orjson

bootstrap, input_topic, prefix, guarantee = sys.argv[1:]

app = faust.App(
    prefix + "faust",
    broker=f"kafka://{bootstrap}",
    store="memory://",
    processing_guarantee=guarantee,
    broker_commit_interval=1.0,
    producer_linger=0.02,
    topic_partitions=4,
    topic_allow_declare=True,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    table_standby_replicas=0,
    web_enabled=False,
)
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
source = app.topic(input_topic, **raw)
sink = app.topic(prefix + "out", **raw)
table = app.Table("stock", default=lambda: (0, []), partitions=4)


@app.agent(source)
async def work(stream: faust.Stream) -> None:
    async for value in stream:
        command = orjson.loads(value)
        kind, sku = command["type"], command["sku"]
        units, queue = table[sku]
        found = []
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
            while queue and queue[0][1] <= units:
                (order, quantity), *queue = queue
                units -= quantity
                found.append(("filled", order, quantity))
        else:
            order = command["order_id"]
            for waiting, quantity in queue:
                if waiting == order:
                    found.append(("cancelled", order, quantity))
            queue = [line for line in queue if line[0] != order]
        table[sku] = (units, queue)
        for type, order, quantity in found:
            answer = {"type": type, "order_id": order, "sku": sku, "quantity": quantity}
            await sink.send(key=order.encode(), value=orjson.dumps(answer))


if __name__ == "__main__":
    sys.argv[1:] = ["--loop", "uvloop", "worker", "--loglevel", "warn", "--without-web"]
    app.main()
