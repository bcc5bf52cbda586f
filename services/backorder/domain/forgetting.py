"""What is closed (orders, purchases, receipts, holds, transfers) is forgotten some time after.

Until then a repeat of it is recognised.
"""

from collections.abc import Iterator
from typing import Any

from backorder.domain.due_dates import DueDates
from backorder.domain.pool import Pool
from backorder.domain.records import Line, Order, Purchase

_CLOSED_AT = {
    "order": "closed_at",
    "early_cancel": "remembered_at",
    "purchase": "closed_at",
    "receipt": "received_at",
    "hold": "ended_at",
    "transfer": "closed_at",
}
"""By kind of record the field that says since when it is closed; null = it is not."""


class Calendar(DueDates):
    """What of a pool is closed, and since when; it is forgotten some time after.

    An entry holds as long as the record still says the same closing time; others are passed over.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool

    def note_all(self) -> None:
        """Enters every closed record, as after a restore."""
        self.enter_all(
            (closed_at, kind, key)
            for kind, field in _CLOSED_AT.items()
            for key, record in self._pool.tables[kind].rows.items()
            if (closed_at := getattr(record, field)) is not None
        )

    def note(self, kind: str, key: tuple[Any, ...]) -> None:
        """Enters a record, if it is closed."""
        record = self._pool.tables[kind].get(key)
        closed_at = None if record is None else getattr(record, _CLOSED_AT[kind])
        if closed_at is not None:
            self.enter((closed_at, kind, key))

    def date_undated(self, time: int) -> None:
        """What closed before the first tick gets the first tick's time."""
        for kind, field in _CLOSED_AT.items():
            table = self._pool.tables[kind]
            for key in [key for key, record in table.rows.items() if getattr(record, field) == 0]:
                setattr(table.edit(key), field, time)
                self.note(kind, key)

    def forget(self, until: int) -> Iterator[Line]:
        """Removes what closed at `until` or before; yields the lines that go."""
        while (entry := self.take(until)) is not None:
            closed_at, kind, key = entry
            record = self._pool.tables[kind].get(key)
            if record is not None and getattr(record, _CLOSED_AT[kind]) == closed_at:
                yield from self._remove(kind, key, record)

    def _remove(self, kind: str, key: tuple[Any, ...], record: Any) -> Iterator[Line]:
        pool = self._pool
        if isinstance(record, Order):
            for number in record.lines:
                line = pool.lines.rows[record.order_id, number]
                pool.lines.remove((record.order_id, number))
                yield line
            for shipment_id in record.shipments:
                pool.shipments.remove((shipment_id,))
        elif isinstance(record, Purchase):
            for number in record.lines:
                pool.purchase_lines.remove((record.purchase_order_id, number))
            for receipt_id in record.receipts:
                pool.receipts.remove((receipt_id,))
        pool.tables[kind].remove(key)
