"""Dead letters: the original as it came, where it came from and why, and back again."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder.engine.dead_letters import KEPT_VALUE_BYTES, about, dead_letter, original
from backorder.engine.kafka import MAX_MESSAGE_BYTES, MAX_RECORD_BYTES
from backorder.engine.records import Headers, Message


def message(value: bytes | None, key: bytes | None = b"k", headers: Headers | None = None) -> Message:
    return Message("orders", 3, 17, 1_700_000_000_123, key, value, headers)


def test_a_dead_letter_says_where_it_came_from_and_why() -> None:
    letter = dead_letter(message(b"junk"), "not_json", "no JSON at 1", "orders", now_ms=1_700_000_001_000)
    assert about(letter.headers) == {
        "original_topic": "orders",
        "original_partition": "3",
        "original_offset": "17",
        "original_timestamp": "1700000000123",
        "reason": "not_json",
        "detail": "no JSON at 1",
        "service": "orders",
        "first_failed_at": "2023-11-14T22:13:21.000+00:00",
    }


bytes_or_none = st.none() | st.binary(max_size=20)
names = st.sampled_from(["content-type", "ce_id", "original_topic", "reason", "x"])


@given(
    value=bytes_or_none,
    key=bytes_or_none,
    headers=st.none() | st.lists(st.tuples(names, bytes_or_none), min_size=1, max_size=4),
)
def test_value_key_and_headers_come_back_as_they_were_whatever_they_are(
    value: bytes | None, key: bytes | None, headers: Headers | None
) -> None:
    letter = dead_letter(message(value, key, headers), "not_json", "", "orders")
    back = original(letter.key, letter.value, letter.headers)
    assert (back.topic, back.key, back.value, back.headers) == ("orders", key, value, headers)
    assert back.whole


def test_the_largest_record_that_is_kept_whole_fits_the_topic() -> None:
    value = b"x" * (MAX_RECORD_BYTES - 1)
    letter = dead_letter(message(value, key=b"k"), "too_large", "x" * 5000, "orders")
    assert letter.value == value
    headers = sum(len(name) + len(content or b"") for name, content in letter.headers)
    assert len(value) + headers < MAX_MESSAGE_BYTES


def test_of_a_larger_record_the_beginning_its_size_and_its_hash_are_kept() -> None:
    value = b"0123456789abcdef" * (MAX_RECORD_BYTES // 16) + b"x"
    letter = dead_letter(message(value), "too_large", "", "orders")
    assert letter.value == value[:KEPT_VALUE_BYTES]
    said = about(letter.headers)
    assert said["original_size"] == str(len(value))
    assert said["original_sha256"] == sha256(value).hexdigest()
    assert not original(letter.key, letter.value, letter.headers).whole


def test_a_record_with_huge_key_and_headers_is_cut_too() -> None:
    big = b"x" * MAX_RECORD_BYTES
    letter = dead_letter(message(b"v", key=big, headers=[("h", big)]), "key_mismatch", "", "orders")
    size = len(letter.key or b"") + sum(len(content or b"") for _, content in letter.headers)
    assert size < MAX_RECORD_BYTES
    assert not original(letter.key, letter.value, letter.headers).whole


def test_a_record_that_is_no_dead_letter_is_said_to_be_none() -> None:
    with pytest.raises(ValueError, match="not a dead letter"):
        original(b"k", b"v", [("content-type", b"application/json")])
