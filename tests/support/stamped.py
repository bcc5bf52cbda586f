"""The reconciliation of topics whose records are stamped: without the stamps, everything is as ever."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from backorder.contract.catalogue import load_catalogue
from backorder.domain.fold import Fold
from backorder.engine.stamps import HEADER
from backorder.reconcile.kafka_log import KafkaLog
from backorder.reconcile.log import Log, Record
from backorder.reconcile.run import reconcile_log
from tests.support.oracle import MARK, Counts, Oracle
from tests.support.restored import assert_windows_equal_a_refold


class Unstamped:
    """A log without the stamps of `fault.stamp_batches`; everything else stays."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def partitions(self, topic: str) -> int:
        return self._log.partitions(topic)

    def begin(self, topic: str, partition: int) -> int:
        return self._log.begin(topic, partition)

    def end(self, topic: str, partition: int) -> int:
        return self._log.end(topic, partition)

    def committed(self, group: str, topic: str) -> Mapping[int, int]:
        return self._log.committed(group, topic)

    def read(self, topic: str, partition: int | None = None) -> Iterator[Record]:
        for record in self._log.read(topic, partition):
            headers = record.headers
            if headers and headers[-1][0] == HEADER:
                yield record._replace(headers=headers[:-1] or None)
            else:
                yield record


def assert_exactly_once_under_stamps(bootstrap: str, topic_prefix: str) -> Counts:
    """As `oracle.assert_exactly_once`; and the states that the changelogs restore are byte for byte those
    that a refold gives, those of the ingest services included."""
    catalogue = load_catalogue(prefix=topic_prefix)
    topics = [catalogue.full_name(name) for name in catalogue.topics]
    report = reconcile_log(Unstamped(KafkaLog(bootstrap, {}, topics)), catalogue)
    assert report.ok, report.to_builtins()
    oracle = Oracle(bootstrap, topic_prefix)
    counts = oracle.check()
    _assert_folds_equal_a_refold(oracle)
    assert assert_windows_equal_a_refold(bootstrap, topic_prefix) > 0
    return counts


def _assert_folds_equal_a_refold(oracle: Oracle) -> None:
    live: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)
    for message in oracle.topics["allocation-state"]:
        state, key, value = live[message.partition() or 0], message.key(), message.value()
        assert key is not None
        if value is None:
            state.pop(key, None)
        else:
            state[key] = value
    for partition, state in live.items():
        end = msgspec.json.decode(state.pop(MARK))["offset"]
        restored, refolded = Fold(), Fold()
        restored.load(state.items())
        restored.loaded()
        for message, entry in oracle.entries:
            if message.partition() == partition and (message.offset() or 0) < end:
                refolded.apply(entry)
                refolded.commit()
        assert restored.dump() == refolded.dump(), f"the restored state of journal-{partition} is another"
