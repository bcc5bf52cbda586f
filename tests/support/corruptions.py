"""What can go wrong on the topics: each corruption with the check that must fail, and what it must say."""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from tests.support.memory_cluster import CONTENT_TYPE, JOURNAL, MARK, STATE, MemoryCluster

Corruption = Callable[[MemoryCluster], None]


def changed(value: bytes | None, **fields: Any) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(value or b"{}") | fields)


def of_journal(cluster: MemoryCluster, tag: str) -> Any:
    """The last journal record with an event of this kind that has been processed."""
    return next(
        record
        for record in reversed([*cluster.read(JOURNAL)])
        if msgspec.json.decode(record.value or b"")["event"]["$event"] == tag
        and record.offset < cluster.offsets["allocation", JOURNAL].get(record.partition, 0)
    )


def change_journal(tag: str, **fields: Any) -> Corruption:
    def corrupt(cluster: MemoryCluster) -> None:
        record = of_journal(cluster, tag)
        cluster.replace(JOURNAL, record, value=changed(record.value, **fields))

    return corrupt


def lose_from_journal(tag: str) -> Corruption:
    return lambda cluster: cluster.remove(JOURNAL, of_journal(cluster, tag))


def double_in_journal(tag: str) -> Corruption:
    return lambda cluster: cluster.double(JOURNAL, of_journal(cluster, tag))


def accept_a_repeat(cluster: MemoryCluster) -> None:
    """As if the window had forgotten an event: it is appended once more, from its second place."""
    entries = {
        (entry["topic"], entry["source"], entry["id"]): (record, entry)
        for record in cluster.read(JOURNAL)
        if "topic" in (entry := msgspec.json.decode(record.value or b""))
    }
    there = {(entry["topic"], entry["partition"], entry["offset"]) for _, entry in entries.values()}
    for again in cluster.read("orders"):
        if ("orders", again.partition, again.offset) in there:
            continue
        event = _event(again.value)
        if (identity := ("orders", event.get("source"), event.get("id"))) in entries:
            record, entry = entries[identity]
            value = msgspec.json.encode(entry | {"offset": again.offset, "partition": again.partition})
            cluster.append(JOURNAL, record.key, value, record.partition)
            return
    raise AssertionError("there is no repeat")


def _event(value: bytes | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def swap_in_journal(cluster: MemoryCluster) -> None:
    """Two entries that came from one partition of a public topic change places."""
    last: dict[Any, Any] = {}
    for record in cluster.read(JOURNAL):
        entry = msgspec.json.decode(record.value or b"")
        if "topic" not in entry:
            continue
        way = (record.partition, entry["topic"], entry["partition"])
        if way in last:
            cluster.swap(JOURNAL, last[way], record)
            return
        last[way] = record


def change_letter(**headers: bytes) -> Corruption:
    def corrupt(cluster: MemoryCluster) -> None:
        letter = cluster.first_of("dead-letters")
        changed_headers = [(name, headers.get(name, value)) for name, value in letter.headers or []]
        cluster.replace("dead-letters", letter, headers=changed_headers)

    return corrupt


def swap_decisions(cluster: MemoryCluster) -> None:
    pool = _event(cluster.first_of("backorders").value)["pool"]
    partition = cluster.first_of("backorders").partition
    one, other, *_ = [r for r in cluster.read("backorders", partition) if _event(r.value)["pool"] == pool]
    cluster.swap("backorders", one, other)


def last_with_value(cluster: MemoryCluster, topic: str) -> Any:
    """The last record of a key that is not deleted, and an earlier one of the same key."""
    for record in reversed([*cluster.read(topic)]):
        same = [other for other in cluster.read(topic, record.partition) if other.key == record.key]
        if record.key != MARK and len(same) > 1 and all(other.value for other in same[-2:]):
            return record
    raise AssertionError(f"no key of {topic} has two records")


def make_stale(topic: str) -> Corruption:
    """The last record of a key is lost, an earlier one shows."""
    return lambda cluster: cluster.remove(topic, last_with_value(cluster, topic))


def lose_key(topic: str) -> Corruption:
    def corrupt(cluster: MemoryCluster) -> None:
        key = last_with_value(cluster, topic).key
        for record in [record for record in cluster.read(topic) if record.key == key]:
            cluster.remove(topic, record)

    return corrupt


def invent(topic: str, key: bytes, value: bytes, partition: int | None = None) -> Corruption:
    return lambda cluster: (cluster.append(topic, key, value, partition, CONTENT_TYPE), None)[1]


def lose_tombstone(cluster: MemoryCluster) -> None:
    tombstone = [record for record in cluster.read("lines") if record.value is None][-1]
    cluster.remove("lines", tombstone)


def change_row(cluster: MemoryCluster) -> None:
    record = last_with_value(cluster, "stock")
    data = _event(record.value)["data"]
    cluster.replace("stock", record, value=changed(record.value, data=data | {"free": data["free"] + 1}))


def move_mark(state: str, by: int) -> Corruption:
    def corrupt(cluster: MemoryCluster) -> None:
        record = [record for record in cluster.read(state) if record.key == MARK][-1]
        offset = _event(record.value)["offset"] + by
        cluster.replace(state, record, value=changed(record.value, offset=offset))

    return corrupt


def lose_marks(cluster: MemoryCluster) -> None:
    for record in [record for record in cluster.read(STATE) if record.key == MARK]:
        cluster.remove(STATE, record)


def move_committed_offset(cluster: MemoryCluster) -> None:
    partition = of_journal(cluster, "order.placed").partition
    cluster.offsets["allocation", JOURNAL][partition] -= 1


def add_unread_order(cluster: MemoryCluster) -> None:
    cluster.double("orders", cluster.first_of("orders"))


def wrong_pool(cluster: MemoryCluster) -> None:
    record = of_journal(cluster, "order.placed")
    cluster.replace(JOURNAL, record, key=b"c", value=changed(record.value, pool="c"))


def drop_headers(cluster: MemoryCluster) -> None:
    cluster.replace("releases", cluster.first_of("releases"), headers=None)


def on_first(topic: str, change: Callable[[MemoryCluster, Any], None]) -> Corruption:
    return lambda cluster: change(cluster, cluster.first_of(topic))


class Case(NamedTuple):
    """`check` must fail and name a difference that says `says`."""

    corrupt: Corruption
    check: str
    says: str


CORRUPTIONS: dict[str, Case] = {
    "an entry is lost": Case(lose_from_journal("order.placed"), "ingest", "is missing"),
    "an entry is doubled": Case(double_in_journal("order.placed"), "ingest", "is there again"),
    "two entries are swapped": Case(swap_in_journal, "ingest", "stands behind what must come after it"),
    "an entry has another source": Case(
        change_journal("order.placed", source="/x"),
        "ingest",
        "source: '/x', not",
    ),
    "an entry has another time": Case(
        change_journal("goods.received", time="2020-01-01T00:00:00Z"),
        "ingest",
        "time: '2020-01-01T00:00:00Z', not",
    ),
    "an entry is from a partition that is not there": Case(
        change_journal("order.placed", partition=99),
        "ingest",
        "orders-99",
    ),
    "a repeat is accepted": Case(accept_a_repeat, "ingest", "follows from nothing"),
    "a public record is lost": Case(
        on_first("orders", lambda cluster, record: cluster.remove("orders", record)),
        "ingest",
        "follows from nothing",
    ),
    "a public record is not read": Case(add_unread_order, "ingest", "not processed yet"),
    "a dead letter is lost": Case(
        on_first("dead-letters", lambda cluster, record: cluster.remove("dead-letters", record)),
        "ingest",
        "is missing",
    ),
    "a dead letter is doubled": Case(
        on_first("dead-letters", lambda cluster, record: cluster.double("dead-letters", record)),
        "ingest",
        "is there again",
    ),
    "a dead letter has another reason": Case(change_letter(reason=b"bad"), "ingest", "reason: 'bad', not"),
    "a dead letter has another timestamp": Case(
        change_letter(original_timestamp=b"1"),
        "ingest",
        "timestamp_ms: 1, not",
    ),
    "a dead letter lost a header of its publisher": Case(change_letter(trace=b"2"), "ingest", "headers"),
    "a dead letter has other bytes": Case(
        on_first("dead-letters", lambda cluster, record: cluster.replace("dead-letters", record, value=b"x")),
        "ingest",
        "value: ",
    ),
    "a dead letter is of a topic of others": Case(
        change_letter(original_topic=b"cats"),
        "ingest",
        "no topic of ours",
    ),
    "a dead letter is of no partition": Case(change_letter(original_partition=b"77"), "ingest", "not there"),
    "a dead letter has no number": Case(change_letter(original_offset=b"?"), "ingest", "no number"),
    "a dead letter says nothing": Case(
        invent("dead-letters", b"k", b"v"), "ingest", "no header original_topic"
    ),
    "an entry is from nowhere": Case(
        change_journal("order.placed", topic=None, partition=None, offset=None),
        "journal",
        "from nowhere",
    ),
    "an entry is of a topic of others": Case(
        change_journal("order.placed", topic="cats"),
        "journal",
        "from nowhere",
    ),
    "an entry is of a newer program": Case(
        change_journal("order.placed", version=2), "journal", "has version 2"
    ),
    "an entry is no entry": Case(
        on_first(JOURNAL, lambda cluster, record: cluster.replace(JOURNAL, record, value=b"{}")),
        "journal",
        "it is no entry",
    ),
    "an entry has no value": Case(
        on_first(JOURNAL, lambda cluster, record: cluster.replace(JOURNAL, record, value=None)),
        "journal",
        "no value",
    ),
    "an entry has another key": Case(
        on_first(JOURNAL, lambda cluster, record: cluster.replace(JOURNAL, record, key=b"x")),
        "journal",
        "its key is not its pool",
    ),
    "an entry is of a pool that belongs elsewhere": Case(
        wrong_pool, "journal", "belongs in another partition"
    ),
    "a continuation is lost": Case(lose_from_journal("step.continued"), "journal", "continuation"),
    "a continuation is doubled": Case(double_in_journal("step.continued"), "journal", "nothing asked for"),
    "a continuation is of another SKU": Case(
        change_journal("step.continued", event={"$event": "step.continued", "sku": "?"}),
        "journal",
        "was due",
    ),
    "a tick is of somebody else": Case(
        change_journal("clock.ticked", source="/me"), "journal", "source '/me'"
    ),
    "a tick names a public record": Case(
        change_journal("clock.ticked", topic="orders", partition=0, offset=0),
        "journal",
        "cannot come from a public topic",
    ),
    "a tick is of one pool": Case(
        change_journal("clock.ticked", pool="a"), "journal", "its key is not its pool"
    ),
    "rules are of a newer program": Case(
        change_journal(
            "rules.changed", event={"$event": "rules.changed", "rules_version": 9, "settings": {}}
        ),
        "journal",
        "cannot be folded",
    ),
    "a skip points ahead": Case(
        change_journal(
            "clock.ticked", event={"$event": "skip.requested", "offset": 10**6, "reason": "", "by": ""}
        ),
        "journal",
        "comes after it",
    ),
    "a record is skipped that nobody asked for": Case(
        change_journal(
            "clock.ticked", event={"$event": "record.skipped", "offset": 0, "request": 1, "error": ""}
        ),
        "journal",
        "which nobody asked for",
    ),
    "an entry is not read": Case(double_in_journal("order.cancelled"), "journal", "not processed yet"),
    "a decision is lost": Case(
        on_first("backorders", lambda cluster, record: cluster.remove("backorders", record)),
        "decisions",
        "is missing",
    ),
    "a decision is doubled": Case(
        on_first("releases", lambda cluster, record: cluster.double("releases", record)),
        "decisions",
        "is there again",
    ),
    "two decisions are swapped": Case(swap_decisions, "decisions", "stands behind what must come after it"),
    "a decision says something else": Case(
        on_first(
            "releases",
            lambda cluster, record: cluster.replace(
                "releases", record, value=changed(record.value, causationid="other")
            ),
        ),
        "decisions",
        "causationid: 'other', not",
    ),
    "a decision has another key": Case(
        on_first("exceptions", lambda cluster, record: cluster.replace("exceptions", record, key=b"x")),
        "decisions",
        "key: x, not",
    ),
    "a decision is of an unknown pool": Case(
        on_first(
            "backorders",
            lambda cluster, record: cluster.append(
                "backorders", record.key, changed(record.value, pool="zoo"), record.partition, CONTENT_TYPE
            ),
        ),
        "decisions",
        "follows from nothing",
    ),
    "a decision is no event": Case(invent("releases", b"k", b"hello"), "decisions", "no event of ours"),
    "a decision has lost its header": Case(drop_headers, "decisions", "other headers"),
    "a decision stands on a topic that has none": Case(
        on_first(
            "backorders",
            lambda cluster, record: cluster.append("notices", record.key, record.value, headers=CONTENT_TYPE),
        ),
        "decisions",
        "follows from nothing",
    ),
    "a line's row is stale": Case(make_stale("lines"), "tables", "the row differs: id: "),
    "a stock row is lost": Case(lose_key("stock"), "tables", "the row is missing"),
    "a stock row says something else": Case(change_row, "tables", "data.free: "),
    "a row is invented": Case(invent("availability", b'["a","?"]', b"{}"), "tables", "follows from nothing"),
    "a row is of no pool": Case(invent("lines", b"?", b"{}"), "tables", "follows from nothing"),
    "a forgotten line is still there": Case(lose_tombstone, "tables", "should be gone"),
    "a state record is stale": Case(make_stale(STATE), "changelog", "the state record differs"),
    "a state record is lost": Case(lose_key(STATE), "changelog", "the state record is missing"),
    "a state record is invented": Case(invent(STATE, b"[]", b"x", 0), "changelog", "follows from nothing"),
    "the mark stands elsewhere": Case(move_mark(STATE, -1), "changelog", "the mark stands at"),
    "the mark stands behind the end": Case(move_mark(STATE, 10**6), "changelog", "ends at"),
    "the mark of an ingest service stands elsewhere": Case(
        move_mark("orders-state", 1),
        "changelog",
        "of orders-",
    ),
    "the mark is lost": Case(lose_marks, "changelog", "there is no mark"),
    "the mark is no mark": Case(
        on_first(STATE, lambda cluster, record: cluster.append(STATE, MARK, b"?", record.partition)),
        "changelog",
        "cannot be read",
    ),
    "the committed offset was moved": Case(move_committed_offset, "changelog", "committed is"),
}
