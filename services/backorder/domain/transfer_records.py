"""What is remembered of transfers: records of the changelog like those in `records`.

Fields are only ever appended, with a default.
"""

from msgspec import Struct, field


class Underway(Struct, array_like=True, gc=False):
    """Units dispatched to a location that have not arrived. part: as the dispatch numbered it.

    expected_by: id of the event that set `expected_at`.
    overdue_to: what should have arrived by then is overdue, and promised to nobody any more.
    """

    location: str
    quantity: int
    expected_at: int | None = None
    part: int = 0
    expected_by: str = ""
    overdue_to: int = 0


class Transfer(Struct, array_like=True, gc=False):
    """A transfer of one SKU: the parts that were dispatched and received, and what is between.

    closed_at: the clock when nothing of it was underway any more.
    """

    transfer_id: str
    sku: str
    dispatched: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    underway: list[Underway] = field(default_factory=list)
    closed_at: int | None = None
