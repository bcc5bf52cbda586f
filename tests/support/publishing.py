"""Good and bad records of a public topic, for tests of ingest."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from backorder.contract.envelope import encode_structured

Headers = list[tuple[str, bytes]]


class Published(NamedTuple):
    """A record as a publisher would send it."""

    key: bytes | None
    value: bytes | None
    headers: Headers | None


def order(
    order_id: str, *, id: str | None = None, pool: str = "default", now: datetime | None = None, **data: Any
) -> Published:
    """A valid `order.placed` of one line; `id` is the event's, by default made from the order's."""
    fields = {"order_id": order_id, "lines": [{"line": 1, "sku": "A", "quantity": 2}], **data}
    encoded = encode_structured(
        "order.placed",
        fields,
        id=id or f"event-{order_id}",
        source="/tests/shop",
        time=now or datetime.now(UTC),
        pool=pool,
    )
    return Published(encoded.key, encoded.value, encoded.headers)


def changed(record: Published, **attributes: Any) -> Published:
    """The record with other attributes; None takes one away."""
    event = msgspec.json.decode(record.value or b"") | attributes
    value = msgspec.json.encode({name: value for name, value in event.items() if value is not None})
    return record._replace(value=value)


def bad_inputs() -> dict[str, tuple[str, Published]]:
    """One record for each thing that can be wrong with one: name -> (the reason it must get, the record)."""
    good = order("bad")
    data = {"order_id": "bad", "lines": [{"line": 1, "sku": "A", "quantity": 2}]}
    # Beyond the length of any run of the tests: the records are made when the tests are collected.
    future = datetime.now(UTC) + timedelta(days=1)
    return {
        "no JSON": ("not_json", good._replace(value=b'{"specversion": ')),
        "no UTF-8 in the value": ("not_utf8", good._replace(value=b'{"id": "\xff"}')),
        "no CloudEvent": ("not_cloudevents", good._replace(value=b'{"hello": 1}')),
        "neither of the two modes": ("not_cloudevents", Published(b"bad", b"{}", None)),
        "a tombstone": ("tombstone", good._replace(value=None)),
        "no id": ("missing_field", changed(good, id=None)),
        "no time": ("missing_field", changed(good, time=None)),
        "no lines": ("missing_field", changed(good, data={"order_id": "bad"})),
        "a wrong type": ("invalid_field", order("bad", lines=[{"line": 1, "sku": "A", "quantity": "2"}])),
        "a fraction": ("invalid_field", order("bad", lines=[{"line": 1, "sku": "A", "quantity": 2.0}])),
        "a naive time": ("naive_time", changed(good, time="2026-03-01T09:30:00")),
        "a time in the future": ("time_in_future", order("bad", now=future)),
        "an unknown type": ("unknown_type", changed(good, type="io.backorder.order.sung.v1")),
        "a type of another topic": ("wrong_topic", changed(good, type="io.backorder.stock.counted.v1")),
        "a key that is not the subject": ("key_mismatch", good._replace(key=b"other")),
        "a subject that is not the id in the data": ("key_mismatch", changed(good, subject="other")),
        "no key": ("key_mismatch", good._replace(key=None)),
        "a key that is no UTF-8": ("not_utf8", good._replace(key=b"\xff\xfe")),
        "a value above a megabyte": ("too_large", good._replace(value=b"x" * (1024 * 1024 + 1))),
        "a tag of our own in the data": ("invalid_field", changed(good, data=data | {"$event": "x"})),
    }
