"""The tools of the reconciliation, each by itself."""

from hashlib import sha256

import pytest

from backorder.reconcile.differing import Held, sequences, values
from backorder.reconcile.fingerprints import Bag, Chain, fingerprint
from backorder.reconcile.letters import NoLetter, letter_of, read_letter
from backorder.reconcile.log import Record

MIB = 1024 * 1024


def chain(*records: tuple[bytes | None, ...]) -> Chain:
    made = Chain()
    for record in records:
        made.add(*record)
    return made


def bag(*records: tuple[bytes | None, ...]) -> Bag:
    made = Bag()
    for record in records:
        made.add(*record)
    return made


def test_chains_are_equal_when_their_records_and_their_order_are() -> None:
    assert chain((b"a",), (b"b",)) == chain((b"a",), (b"b",))
    assert chain((b"a",), (b"b",)) != chain((b"b",), (b"a",))
    assert chain((b"a",)) != chain((b"a",), (b"a",))


def test_bags_are_equal_whatever_the_order_and_count_what_is_there_twice() -> None:
    assert bag((b"a",), (b"b",)) == bag((b"b",), (b"a",))
    assert bag((b"a",)) != bag((b"a",), (b"a",))
    assert bag((b"a",), (b"a",)) != bag((b"b",), (b"b",))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((b"ab", b"c"), (b"a", b"bc")),
        ((b"", b"a"), (None, b"a")),
        ((b"-", b"a"), (None, b"a")),
        ((b"a", None), (None, b"a")),
        ((b"a",), (b"a", b"")),
        ((b"1 a",), (b"a",)),
    ],
)
def test_where_a_part_ends_belongs_to_a_fingerprint(
    one: tuple[bytes | None, ...], other: tuple[bytes | None, ...]
) -> None:
    assert fingerprint(*one) != fingerprint(*other)
    assert chain(one) != chain(other)


def test_records_do_not_run_into_each_other() -> None:
    assert chain((b"a", b"b"), (b"c", b"d")) != chain((b"a",), (b"b", b"c", b"d"))


# --- dead letters -------------------------------------------------------------------------------------------


def letter_record(
    record: Record, *, value: bytes | None, key: bytes | None, about: dict[str, bytes]
) -> Record:
    headers = [
        ("original_topic", b"orders"),
        ("original_partition", b"%d" % record.partition),
        ("original_offset", b"%d" % record.offset),
        ("original_timestamp", b"%d" % record.timestamp_ms),
        ("reason", b"not_json"),
        ("detail", b"whatever it says"),
        ("service", b"orders"),
        ("first_failed_at", b"2026-01-01T00:00:00Z"),
    ]
    kept = record.headers or []
    return Record(1, 77, 5, key, value, [*kept, *headers, *about.items()])


def test_a_dead_letter_holds_the_record_as_it_came() -> None:
    record = Record(3, 14, 1000, b"k", b"\xff{", [("content-type", b"x"), ("odd", None)])
    letter = letter_record(record, value=record.value, key=record.key, about={})

    assert read_letter(letter) == letter_of("orders", "orders", record, "not_json")


def test_headers_of_the_publisher_may_have_our_names() -> None:
    record = Record(3, 14, 1000, None, b"", [("reason", b"mine"), ("original_topic", b"mine too")])
    letter = letter_record(record, value=b"", key=None, about={})

    assert read_letter(letter) == letter_of("orders", "orders", record, "not_json")


def test_of_a_record_that_is_too_big_to_keep_a_part_and_the_hash_are_kept() -> None:
    value = b"x" * (8 * MIB + 1)
    record = Record(3, 14, 1000, b"k" * 100_000, value, [("a", b"b")])
    letter = letter_record(
        record._replace(headers=None),
        value=value[: 512 * 1024],
        key=b"k" * 65_536,
        about={
            "original_size": b"%d" % len(value),
            "original_sha256": sha256(value).hexdigest().encode(),
        },
    )

    assert read_letter(letter) == letter_of("orders", "orders", record, "not_json")


@pytest.mark.parametrize("name", ["original_topic", "original_offset", "reason"])
def test_what_lacks_a_header_is_no_dead_letter(name: str) -> None:
    letter = letter_record(Record(0, 0, 0, None, b"x"), value=b"x", key=None, about={})
    headers = [header for header in letter.headers or [] if header[0] != name]

    with pytest.raises(NoLetter):
        read_letter(letter._replace(headers=headers))


# --- naming what differs ------------------------------------------------------------------------------------


def found(wanted: str, there: str) -> list[str]:
    """Each letter is a record."""
    held = [[Held(letter, letter) for letter in word] for word in (wanted, there)]
    return [what for _, what in sequences(*held, lambda record: str(record.identity))]


def test_equal_sequences_do_not_differ() -> None:
    assert found("abc", "abc") == []


def test_a_sequence_differs_by_what_is_missing_doubled_from_nowhere_or_out_of_place() -> None:
    assert found("abc", "ac") == ["b is missing"]
    assert found("abc", "abbc") == ["b is there again"]
    assert found("abc", "abxc") == ["x follows from nothing"]
    assert found("abc", "acb") == ["b stands behind what must come after it"]


def test_values_differ_by_their_fields() -> None:
    assert values(b'{"a": 1, "b": {"c": [1, 2]}}', b'{"a": 1, "b": {"c": [1, 3]}}') == "b.c[1]: 3, not 2"
    assert values(b'{"a": 1}', b'{"b": 1}') == "a: None, not 1; b: 1, not None"
    assert values(b'{"a": 1}', b'{"a":1}') == "only in how it is written"
    assert values(b"\xc1a", b"\xc1b") == "value: \ufffdb, not \ufffda"


def test_a_long_list_of_fields_is_cut() -> None:
    wanted = {f"f{number}": 0 for number in range(9)}

    assert values(wanted, dict.fromkeys(wanted, 1)).endswith("(and 5 more)")
