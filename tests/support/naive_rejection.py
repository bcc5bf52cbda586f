"""How the naive model refuses: the whole event moves nothing."""


class Rejected(Exception):
    """Carries the reason code."""


def check(holds: object, reason: str) -> None:
    if not holds:
        raise Rejected(reason)
