"""The stock job on Faust, with its exactly-once processing guarantee. Runs in an environment of its own.

    python -m tests.faults.comparison.on_faust BOOTSTRAP PREFIX FOLDER [sink-consumed] [delivery-awaited]

Settings are Faust's own where they matter for what is lost or doubled. The store is in memory: the table then
comes from its changelog alone at each start, and no file can keep what was aborted. Session and heartbeat are
short so that a killed worker is missed soon. Two things that the documentation does not ask for:

- `sink-consumed`: the worker also subscribes to its output topic, because Faust writes inside a transaction
  only to topics that it consumes.
- `delivery-awaited`: an event is done only when the broker has its outputs: a round trip for each.
"""

import sys
from pathlib import Path

import faust

from tests.faults.comparison.job import decoded, empty, encoded, fold

PARTITIONS = 4


def build(bootstrap: str, prefix: str, folder: Path, options: list[str]) -> faust.App:
    app = faust.App(
        f"{prefix}faust",
        broker=f"kafka://{bootstrap}",
        processing_guarantee="exactly_once",
        store="memory://",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=10.0,
        web_enabled=False,
        datadir=folder,
    )
    raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
    commands = app.topic(f"{prefix}cmd", partitions=PARTITIONS, **raw)
    said = app.topic(f"{prefix}out", partitions=PARTITIONS, **raw)
    stock = app.Table("stock", partitions=PARTITIONS)

    @app.agent(commands)
    async def work(stream: faust.StreamT[bytes]) -> None:
        async for value in stream:
            event = decoded(value)
            state, outputs = fold(stock.get(event["sku"]) or empty(), event)
            stock[event["sku"]] = state
            for output in outputs:
                # Under the key of the event: the same partition, as for the same transaction.
                sent = await said.send(key=event["sku"].encode(), value=encoded(output))
                if "delivery-awaited" in options:
                    await sent

    if "sink-consumed" in options:

        @app.agent(said)
        async def look(stream: faust.StreamT[bytes]) -> None:
            async for _ in stream:
                pass

    return app


def main() -> None:
    bootstrap, prefix, folder, *options = sys.argv[1:]
    app = build(bootstrap, prefix, Path(folder), options)
    worker = faust.Worker(app, loglevel="INFO")
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
