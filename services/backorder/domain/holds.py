"""Free units that are set aside for a while: for a cart, or by a planner.

A hold takes only what is free, so it takes nothing from anybody. It ends when it is given back, a grace after
it expires, or when an order line that names it takes it over; whatever is left of it then is free again.
"""

from typing import NamedTuple

from backorder.domain import net_counts
from backorder.domain.dates import Date
from backorder.domain.events import StockHeld, StockHoldEnded
from backorder.domain.pool import Pool
from backorder.domain.records import Hold, Line
from backorder.domain.step import Rejected, Step
from backorder.domain.table import Key
from backorder.domain.times import SECOND, micros


def hold_stock(step: Step, event: StockHeld) -> None:
    """Sets free units aside; for a hold that lives, quantity and expiry are replaced."""
    hold = step.pool.holds.get((event.hold_id,))
    if hold is not None:
        _require_live(hold, event.sku, event.location)
    _require_free(step, event, 0 if hold is None else hold.quantity)
    if hold is None:
        hold = step.pool.holds.add((event.hold_id,), Hold(event.hold_id, event.sku, event.location))
    expires_at = micros(event.expires_at)
    _keep(step, hold, event.quantity)
    hold.expires_at = expires_at
    hold.ends_at = expires_at + step.settings.hold_grace_seconds * SECOND
    hold.cause = step.entry.id
    step.dated.append(("hold", (hold.hold_id,)))


def _require_free(step: Step, event: StockHeld, held: int) -> None:
    """A hold that grows needs as much free as it grows by."""
    sku = step.pool.sku(event.sku)
    # In the middle of a big step what is free belongs to the queue.
    free = 0 if sku.item.unsettled else sku.free(event.location)
    if net_counts.is_late(step, event.sku, event.location):
        # The count had these units set aside.
        free = max(0, sku.rows[event.location].spare + event.quantity - held)
    if event.quantity > held + free:
        raise Rejected(
            "not_free", f"{event.quantity} units asked, {held} held already, {free} free at {event.location}"
        )


def _require_live(hold: Hold, sku: str, location: str) -> None:
    if hold.ended_at is not None:
        raise Rejected("unknown_hold", f"hold {hold.hold_id} has ended")
    if (hold.sku, hold.location) != (sku, location):
        raise Rejected("unknown_hold", f"hold {hold.hold_id} is of {hold.sku} at {hold.location}")


def give_back(step: Step, event: StockHoldEnded) -> None:
    """Ends a hold before it expires."""
    hold = step.pool.holds.get((event.hold_id,))
    if hold is None:
        raise Rejected("unknown_hold", f"hold {event.hold_id} is not known")
    _require_live(hold, event.sku, hold.location)
    end(step, hold)


def end(step: Step, hold: Hold) -> None:
    """Whatever is left of the hold is free."""
    _keep(step, hold, 0)
    hold.ended_at = step.clock
    step.closed.append(("hold", (hold.hold_id,)))


def _keep(step: Step, hold: Hold, units: int) -> None:
    """From here on the hold has so many units."""
    step.pool.holds.edit((hold.hold_id,))
    step.pool.row(hold.sku, hold.location).held += units - hold.quantity
    hold.quantity = units
    step.touch(hold.sku)


# --- the end by the clock -----------------------------------------------------------------------------------


def ends(_: Pool, hold: Hold) -> Date | None:
    """When a hold ends by itself."""
    return None if hold.ended_at is not None else Date(hold.ends_at, hold.cause)


def expire(step: Step, key: Key) -> None:
    end(step, step.pool.holds.rows[key])


# --- taken over by an order line ----------------------------------------------------------------------------


class Share(NamedTuple):
    """Units of a hold that go over to a line."""

    hold: Hold
    units: int


def named_by(step: Step, line: Line, hold_id: str | None) -> Hold | None:
    """The live hold that a line names and may take over; one that it cannot use is left alone."""
    if hold_id is None:
        return None
    hold = step.pool.holds.get((hold_id,))
    if hold is None or hold.ended_at is not None or hold.sku != line.sku or line.parts:
        return None
    sku = step.pool.sku(line.sku)
    return hold if sku.knows(line.location) and hold.location in sku.usable(line.location) else None


def can_give(pool: Pool, hold: Hold, given: int = 0, given_there: int = 0) -> int:
    """Units that a hold can really give: a count may have found fewer than are held.

    given: units of it that are as good as given; given_there: those of all holds at its location.
    """
    row = pool.stock.rows[hold.sku, hold.location]
    return max(0, min(hold.quantity - given, row.sellable - row.allocated - given_there))


def take_over(step: Step, share: Share) -> None:
    """The hold has gone over to a line, which takes its share. Another line of the event may name it too;
    what all of them leave is free after that."""
    step.taken_over[share.hold.hold_id,] = None
    _keep(step, share.hold, share.hold.quantity - share.units)


def end_taken_over(step: Step) -> None:
    """What the lines did not need of the holds that they took over is free."""
    for key in step.taken_over:
        end(step, step.pool.holds.rows[key])
