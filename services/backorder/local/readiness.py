"""Whether a process of a service is ready: asked at the address that it writes into a file."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ASK_SECONDS = 5.0


def address_in(file: Path) -> str | None:
    """`host:port` of a process; None while it has not written it."""
    return (file.read_text(encoding="utf-8").strip() or None) if file.exists() else None


def readiness(address: str, seconds: float = ASK_SECONDS) -> str | None:
    """What the process there answers to `/healthz/ready`; None while it is not ready, or does not answer."""
    connection = HTTPConnection(address, timeout=seconds)
    try:
        connection.request("GET", "/healthz/ready")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == HTTPStatus.OK else None
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
