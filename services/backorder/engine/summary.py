"""One log line every so many seconds that says what the loop has done, instead of one per record."""

import time

import structlog

_log = structlog.get_logger(__name__)


class Summary:
    """Adds up what was committed, and tells."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic() + seconds
        self._transactions = self._consumed = self._produced = 0

    def add(self, consumed: int, produced: int) -> None:
        """A transaction was committed."""
        self._transactions += 1
        self._consumed += consumed
        self._produced += produced

    def tell(self) -> None:
        """Writes the line when it is time and there is something to tell."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + self._seconds
        if self._transactions:
            _log.info(
                "processed",
                transactions=self._transactions,
                records_in=self._consumed,
                records_out=self._produced,
                seconds=self._seconds,
            )
        self._transactions = self._consumed = self._produced = 0
