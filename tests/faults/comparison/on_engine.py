"""The stock job on our engine: one changelog record for each SKU that a batch has touched.

python -m tests.faults.comparison.on_engine BOOTSTRAP PREFIX
"""

import sys
from collections.abc import Iterable, Sequence

from backorder.engine.config import EngineSettings, KafkaSettings
from backorder.engine.process import run
from backorder.engine.records import Message, Outbox
from tests.faults.comparison.job import State, decoded, empty, encoded, fold

NAME = "stock"


class Stock:
    """The SKUs of one partition."""

    def __init__(self, out_topic: str) -> None:
        self._out_topic = out_topic
        self._skus: dict[bytes, State] = {}
        # The state before the batch in hand of each SKU that it has touched.
        self._before: dict[bytes, State | None] = {}

    def restore(self, records: Iterable[tuple[bytes, bytes]]) -> None:
        self._skus.update((key, decoded(value)) for key, value in records)

    def restored(self) -> None:
        pass

    def process(self, records: Sequence[Message], out: Outbox) -> None:
        for record in records:
            assert record.key is not None
            assert record.value is not None
            before = self._skus.get(record.key)
            self._before.setdefault(record.key, before)
            self._skus[record.key], outputs = fold(before or empty(), decoded(record.value))
            for output in outputs:
                out.produce(self._out_topic, record.key, encoded(output))

    def changes(self) -> Iterable[tuple[bytes, bytes | None]]:
        return [(sku, encoded(self._skus[sku])) for sku in self._before]

    def commit(self) -> None:
        self._before = {}

    def rollback(self) -> None:
        for sku, before in self._before.items():
            if before is None:
                del self._skus[sku]
            else:
                self._skus[sku] = before
        self._before = {}

    def idle(self, out: Outbox) -> bool:
        return False


class StockService:
    """Topics `<prefix>cmd`, `<prefix>out`, `<prefix>stock-state`."""

    name = NAME
    state_version = 1

    def __init__(self, prefix: str) -> None:
        self.input_topic = f"{prefix}cmd"
        self.state_topic = f"{prefix}stock-state"
        self._out_topic = f"{prefix}out"

    def open(self, partition: int) -> Stock:
        return Stock(self._out_topic)

    def close(self, partition: int) -> None:
        pass


def main() -> int:
    bootstrap, prefix = sys.argv[1:]
    settings = EngineSettings(kafka=KafkaSettings(bootstrap_servers=bootstrap), prefix=prefix)
    return run(NAME, settings, lambda *_: StockService(prefix))


if __name__ == "__main__":
    sys.exit(main())
