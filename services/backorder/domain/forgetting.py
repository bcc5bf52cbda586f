"""What is closed (orders, purchases, receipts, holds, transfers) is forgotten some time after.

Until then a repeat of it is recognised.
"""

from collections.abc import Iterator
from typing import Any

from backorder.domain.due_dates import DueDates
from backorder.domain.pool import Pool
from backorder.domain.records import EarlyCancel, Hold, Line, Order, Purchase, Receipt, Transfer

_KINDS = ("order", "early_cancel", "purchase", "receipt", "hold", "transfer")


class Calendar(DueDates):
    """What of a pool is closed, and since when; it is forgotten some time after.

    An entry holds as long as the record still says the same closing time; others are passed over.
    """

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool

    def note_all(self) -> None:
        """Enters every closed record, as after a restore."""
        for kind in _KINDS:
            for key in self._pool.tables[kind].rows:
                self.note(kind, key)

    def note(self, kind: str, key: tuple[Any, ...]) -> None:
        """Enters a record, if it is closed."""
        closed_at = _closed_at(self._pool.tables[kind].get(key))
        if closed_at is not None:
            self.enter((closed_at, kind, key))

    def date_undated(self, time: int) -> None:
        """What closed before the first tick gets the first tick's time."""
        for kind in _KINDS:
            table = self._pool.tables[kind]
            for key in [key for key, record in table.rows.items() if _closed_at(record) == 0]:
                _set_closed_at(table.edit(key), time)
                self.note(kind, key)

    def forget(self, until: int) -> Iterator[Line]:
        """Removes what closed at `until` or before; yields the lines that go."""
        while (entry := self.take(until)) is not None:
            closed_at, kind, key = entry
            record = self._pool.tables[kind].get(key)
            if record is not None and _closed_at(record) == closed_at:
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


def _closed_at(record: Any) -> int | None:
    if isinstance(record, Order | Purchase | Transfer):
        return record.closed_at
    if isinstance(record, Receipt):
        return record.received_at
    if isinstance(record, Hold):
        return record.ended_at
    if isinstance(record, EarlyCancel):
        return record.remembered_at
    return None


def _set_closed_at(record: Any, time: int) -> None:
    if isinstance(record, Order | Purchase | Transfer):
        record.closed_at = time
    elif isinstance(record, Receipt):
        record.received_at = time
    elif isinstance(record, Hold):
        record.ended_at = time
    else:
        record.remembered_at = time
