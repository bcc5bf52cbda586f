"""/metrics and /healthz/* over HTTP, in threads of their own."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from backorder.engine.config import HttpSettings
from backorder.engine.failures import Refused
from backorder.engine.health import Health

_log = structlog.get_logger(__name__)


class HttpServer:
    """Serves a process's metrics and health until closed."""

    def __init__(self, settings: HttpSettings, registry: CollectorRegistry, health: Health) -> None:
        """Binds the port (raises `Refused` when it is taken) and writes the port file."""
        try:
            self._server = ThreadingHTTPServer((settings.host, settings.port), _handler(registry, health))
        except OSError as error:
            raise Refused(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
                "set BACKORDER_HTTP__HOST and BACKORDER_HTTP__PORT (0 = any free port)"
            ) from error
        self._server.daemon_threads = True
        self.address = f"{settings.host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="http", daemon=True)
        self._thread.start()
        if settings.port_file:
            _write_whole(Path(settings.port_file), self.address)
        _log.info("serving metrics and health", address=self.address)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _write_whole(path: Path, text: str) -> None:
    """A reader sees the whole text or no file."""
    part = path.with_name(path.name + ".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


def _handler(registry: CollectorRegistry, health: Health) -> type[BaseHTTPRequestHandler]:
    questions = {
        "/healthz/live": health.live,
        "/healthz/ready": health.ready,
        "/healthz/startup": health.startup,
    }

    class Handler(BaseHTTPRequestHandler):
        server_version = "backorder"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.split("?", 1)[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, content_type, encode(registry))
            elif path in questions:
                ok, text = questions[path]()
                self._answer(200 if ok else 503, "text/plain; charset=utf-8", f"{text}\n".encode())
            else:
                self._answer(
                    404, "text/plain; charset=utf-8", b"try /metrics, /healthz/live, /healthz/ready\n"
                )

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes come every few seconds: no log line for each."""

    return Handler
