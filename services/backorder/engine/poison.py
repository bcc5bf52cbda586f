"""A record on which the state's own code fails ("poison"): found, and everything before it still done."""

from collections.abc import Sequence
from typing import NamedTuple

import structlog

from backorder.engine.failures import Refused, Restart
from backorder.engine.records import Collected, Message
from backorder.engine.service import PartitionState

_log = structlog.get_logger(__name__)


class Poison(NamedTuple):
    """The record that cannot be processed, why, and how many records before it were."""

    record: Message
    error: Exception
    done: int


def process(state: PartitionState, records: Sequence[Message], out: Collected) -> Poison | None:
    """Processes a batch, up to the poison if there is one; what was processed is in `state` and `out`.

    Nothing else may have been done in `state` since its last commit. A batch that fails only as a whole is
    processed record by record.
    """
    start = len(out)
    try:
        state.process(records, out)
    except (Refused, Restart):
        raise
    except Exception:  # noqa: BLE001 - the state's own code failed, with whatever it failed
        _log.exception("a batch failed and is run again record by record", partition=records[0].partition)
    else:
        return None
    _undo(state, out, start)
    found = _one_by_one(state, records, out)
    if found is None:
        return None
    # The state may have been left halfway through the culprit: again, without it.
    _undo(state, out, start)
    if _one_by_one(state, records[: found.done], out) is not None:
        raise found.error
    return found


def _one_by_one(state: PartitionState, records: Sequence[Message], out: Collected) -> Poison | None:
    for done, record in enumerate(records):
        try:
            state.process([record], out)
        except Exception as error:  # noqa: BLE001 - as above
            _log.exception("record cannot be processed", offset=record.offset, partition=record.partition)
            return Poison(record, error, done)
    return None


def _undo(state: PartitionState, out: Collected, length: int) -> None:
    state.rollback()
    out.cut(length)
