"""The mark: up to where the state on a changelog has seen its input. It says where to resume.

It is written to the changelog in every transaction, under one key, beside the consumer offset that goes to
the group. The group's offset can expire or be moved by a tool; the mark cannot, without the state itself.
"""

from typing import NamedTuple

import msgspec

from backorder.engine.failures import Refused

KEY = b"mark"


class Mark(msgspec.Struct, frozen=True):
    """`offset` is the next input record; `version` that of the state records."""

    offset: int
    version: int


class Where(NamedTuple):
    """The partition that is spoken of, for messages."""

    group: str
    input_topic: str
    state_topic: str
    partition: int


def encode(offset: int, version: int) -> bytes:
    return msgspec.json.encode(Mark(offset, version))


def resume_at(
    where: Where, mark: bytes | None, has_state: bool, committed: int | None, version: int
) -> int | None:
    """The offset to resume at; None = the beginning of the input. Raises `Refused` on a contradiction."""
    name = f"{where.input_topic}-{where.partition}"
    changelog = f"{where.state_topic}-{where.partition}"
    if mark is None:
        if has_state:
            raise Refused(f"{changelog} holds state but no mark: another program wrote it; {_RESTORE}")
        if committed is not None:
            raise Refused(
                f"group {where.group} has committed offset {committed} of {name}, but {changelog} holds no "
                f"mark: the state is lost or belongs to another topic_prefix; {_RESTORE}"
            )
        return None
    found = msgspec.json.decode(mark, type=Mark)
    if found.version > version:
        raise Refused(
            f"{changelog} was written by a newer version (state version {found.version}, this is {version}); "
            "run the newer release"
        )
    if committed is not None and committed != found.offset:
        raise Refused(
            f"the state on {changelog} stands at offset {found.offset} of {name}, but group {where.group} "
            f"has committed {committed}: the offsets were moved by hand, or the state is another run's. If "
            f"the state is right, stop the service and reset the group's offset of {name} to {found.offset}"
        )
    return found.offset


_RESTORE = (
    "if the state is really gone, stop the service, empty the changelog and delete the group's offsets, "
    "so that the input is folded again from its beginning"
)
