"""Keys and partitions are those of Java's default partitioner."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backorder.contract.kafka_partition import json_key, murmur2, partition_of
from tests.support import broker as kafka

# From the unit tests of Apache Kafka's `Utils.murmur2`, where they are signed.
VECTORS = [
    (b"21", -973932308),
    (b"foobar", -790332482),
    (b"a-little-bit-long-string", -985981536),
    (b"a-little-bit-longer-string", -1486304829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    (b"abc", 479470107),
]


@pytest.mark.parametrize(("key", "signed"), VECTORS)
def test_the_hash_is_that_of_kafkas_own_tests(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_a_negative_hash_is_masked_and_not_made_absolute() -> None:
    """-973932308 without its sign bit is 1173551340."""
    assert partition_of(b"21", 7) == 1173551340 % 7


@given(st.binary(max_size=64), st.integers(1, 1000))
def test_every_key_has_a_partition_within_the_count(key: bytes, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions


@pytest.mark.parametrize(
    ("parts", "key"),
    [
        (("default", "MUG"), '["default","MUG"]'),
        (("default", "MUG", None), '["default","MUG",null]'),
        (("default", "SO-1", 9223372036854775807), '["default","SO-1",9223372036854775807]'),
        (("Köln", "☕/T"), '["Köln","☕/T"]'),
        (('a"b', "c\\d"), '["a\\"b","c\\\\d"]'),
        (("\x01", "\n\t"), '["\\u0001","\\n\\t"]'),
        (("\x7f", "\u2028"), '["\x7f","\u2028"]'),
    ],
)
def test_a_json_key_is_compact_and_escapes_only_what_must_be(
    parts: tuple[str | int | None, ...], key: str
) -> None:
    assert json_key(*parts) == key.encode()


@pytest.mark.broker
def test_librdkafkas_murmur2_random_agrees_on_a_real_broker(
    broker: kafka.AnyBroker, topic_prefix: str
) -> None:
    topic = kafka.create_topic(broker.bootstrap, topic_prefix + "keys", partitions=7)
    keys = [key for key, _ in VECTORS] + [json_key("default", f"SKU-{n}") for n in range(300)]
    producer = kafka.producer(broker.bootstrap, partitioner="murmur2_random")
    for key in keys:
        producer.produce(topic, b"x", key)
    assert producer.flush(30) == 0

    found = {message.key(): message.partition() for message in kafka.read_committed(broker.bootstrap, topic)}
    assert found == {key: partition_of(key, 7) for key in keys}
