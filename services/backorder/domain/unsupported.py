"""What this release does not do yet. An event that needs it is rejected whole, and moves nothing."""

from msgspec import UNSET

from backorder.domain import events as e
from backorder.domain.step import Rejected


def require_supported(event: e.Event) -> None:
    """Raises `Rejected` (`not_supported_yet`), naming the field and value."""
    if isinstance(event, e.ItemConfigured) and event.components is not UNSET and event.components is not None:
        raise Rejected(
            "not_supported_yet", f"components: {event.components} is not supported by this release"
        )
