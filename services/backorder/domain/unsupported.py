"""What this release does not do yet. An event that needs it is rejected whole, and moves nothing."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from backorder.domain import events as e
from backorder.domain.step import Rejected

_ONLY_DEFAULTS: dict[str, object] = {
    "components": None,
}


def require_supported(event: e.Event) -> None:
    """Raises `Rejected` (`not_supported_yet`), naming the type or the field and value."""
    check = _CHECKS.get(type(event))
    if check is not None:
        check(event)


def _unsupported(what: str) -> Rejected:
    return Rejected("not_supported_yet", f"{what} is not supported by this release")


def _refuse_type(event: e.Event) -> None:
    raise _unsupported(e.type_name(event))


def _require_plain_policies(event: e.ItemConfigured) -> None:
    for name, default in _ONLY_DEFAULTS.items():
        value = getattr(event, name)
        if value is not UNSET and value is not None and value != default:
            raise _unsupported(f"{name}: {value}")


_CHECKS: dict[type[Any], Callable[[Any], None]] = {
    e.ItemConfigured: _require_plain_policies,
}
