"""The cache of Kafka's jars: nothing but the files that we know ever carries a jar's name."""

import hashlib
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from backorder.local.jars import (
    ATTEMPTS,
    Jar,
    JarError,
    cache_folder,
    fetch_with_jgo,
    kafka_jars,
    kafka_version,
    locked_jars,
)

CONTENT = {"alpha": b"a" * 5000, "beta": b"b" * 7000}
JARS = [Jar("org.example", name, "1.0", hashlib.sha256(body).hexdigest()) for name, body in CONTENT.items()]


class FakeServer:
    """Hands out the right content, cut off the first `truncate` times for each jar."""

    def __init__(self, truncate: int = 0) -> None:
        self.truncate = truncate
        self.asked: Counter[str] = Counter()

    def __call__(self, jar: Jar, folder: Path) -> Path:
        self.asked[jar.artifact] += 1
        body = CONTENT[jar.artifact]
        file = folder / "some" / "where" / jar.file_name
        file.parent.mkdir(parents=True)
        file.write_bytes(body[:100] if self.asked[jar.artifact] <= self.truncate else body)
        return file


def test_missing_jars_are_fetched_and_returned_in_the_order_of_the_list(tmp_path: Path) -> None:
    found = kafka_jars(tmp_path / "cache", JARS, FakeServer())

    assert [file.name for file in found] == ["alpha-1.0.jar", "beta-1.0.jar"]
    assert [file.read_bytes() for file in found] == list(CONTENT.values())


def test_a_complete_cache_is_used_as_it_is_even_when_it_cannot_be_written(tmp_path: Path) -> None:
    kafka_jars(tmp_path, JARS, FakeServer())
    (tmp_path / ".lock").unlink()
    (tmp_path / ".lock").mkdir()  # whoever takes the lock now fails, root or not
    server = FakeServer()

    kafka_jars(tmp_path, JARS, server)

    assert not server.asked


@pytest.mark.parametrize("damage", [b"", CONTENT["beta"][:-1], b"c" * 7000])
def test_a_damaged_jar_is_named_and_only_it_is_fetched_again(
    damage: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kafka_jars(tmp_path, JARS, FakeServer())
    (tmp_path / "beta-1.0.jar").write_bytes(damage)
    capsys.readouterr()
    server = FakeServer()

    kafka_jars(tmp_path, JARS, server)

    assert server.asked == {"beta": 1}
    assert "beta-1.0.jar is damaged" in capsys.readouterr().err
    assert (tmp_path / "beta-1.0.jar").read_bytes() == CONTENT["beta"]


def test_a_truncated_download_is_fetched_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = kafka_jars(tmp_path, JARS, FakeServer(truncate=1))

    assert [file.read_bytes() for file in found] == list(CONTENT.values())
    assert "alpha-1.0.jar, attempt 1 of 3: it arrived with SHA-256" in capsys.readouterr().err


def test_a_download_that_stays_wrong_ends_in_an_error_and_never_in_a_jar(tmp_path: Path) -> None:
    server = FakeServer(truncate=ATTEMPTS)

    with pytest.raises(
        JarError, match=r"org\.example:alpha:1\.0 could not be fetched: it arrived with SHA-256"
    ):
        kafka_jars(tmp_path, JARS, server)

    assert server.asked["alpha"] == ATTEMPTS
    assert [file.name for file in tmp_path.iterdir()] == [".lock"]


def test_what_an_interrupted_run_left_behind_is_cleared_away(tmp_path: Path) -> None:
    leftover = tmp_path / "incoming-xyz" / "alpha-1.0.jar"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")

    kafka_jars(tmp_path, JARS, FakeServer())

    assert not leftover.parent.exists()


def test_two_processes_at_once_fetch_each_jar_once(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from backorder.local.jars import kafka_jars
        from tests.unit.test_local_jars import JARS, FakeServer

        def fetch(jar, folder):
            with Path(sys.argv[2]).open("a") as log:
                log.write(jar.artifact + "\\n")
            if sys.argv[3] == "first" and jar.artifact == "alpha":
                print("fetching", flush=True)
                sys.stdin.readline()  # until the other one has come to the lock
            return FakeServer()(jar, folder)

        print(len(kafka_jars(Path(sys.argv[1]), JARS, fetch)))
        """
    )
    start = partial(
        subprocess.Popen,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    command = [sys.executable, "-c", script, str(tmp_path / "cache"), str(tmp_path / "asked")]
    with start([*command, "first"]) as first:
        assert first.stdout
        assert first.stdout.readline() == "fetching\n"  # so it has the lock
        with start([*command, "second"]) as second:
            assert second.stderr
            assert "Another process is fetching Kafka" in second.stderr.readline()
            first_out, _ = first.communicate("go on\n", timeout=60)
            second_out, _ = second.communicate(timeout=60)

    assert first_out == second_out == "2\n"
    assert sorted((tmp_path / "asked").read_text().split()) == ["alpha", "beta"]


def test_missing_certificates_are_answered_with_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "no-such-file.crt"))

    with pytest.raises(JarError, match="apt-get install ca-certificates"):
        kafka_jars(tmp_path / "cache", JARS)


def test_certificates_that_do_not_fit_are_not_asked_about_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def refuse(jar: Jar, folder: Path) -> Path:
        asked.append(jar.artifact)
        raise OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")

    with pytest.raises(JarError, match="apt-get install ca-certificates"):
        kafka_jars(tmp_path, JARS[:1], refuse)

    assert asked == ["alpha"]


def test_a_cache_that_cannot_be_made_is_answered_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JarError, match="BACKORDER_CACHE names another place"):
        kafka_jars(tmp_path / "file" / "cache", JARS, FakeServer())


class CuttingServer(BaseHTTPRequestHandler):
    """A repository that cuts off the first answer: fewer bytes than it announced."""

    cut = True

    def do_GET(self) -> None:
        body = CONTENT["alpha"]
        if not self.path.endswith("/org/example/alpha/1.0/alpha-1.0.jar"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:1000] if type(self).cut else body)
        type(self).cut = False

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def cutting_repository() -> Iterator[str]:
    CuttingServer.cut = True
    with ThreadingHTTPServer(("127.0.0.1", 0), CuttingServer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_connection_that_breaks_under_the_real_downloader_is_tried_again(
    cutting_repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch = partial(fetch_with_jgo, repositories={"here": cutting_repository})

    (found,) = kafka_jars(tmp_path, JARS[:1], fetch)

    assert found.read_bytes() == CONTENT["alpha"]
    assert "alpha-1.0.jar, attempt 1 of 3" in capsys.readouterr().err


def test_a_jar_that_the_repository_does_not_have_is_named(cutting_repository: str, tmp_path: Path) -> None:
    fetch = partial(fetch_with_jgo, repositories={"here": cutting_repository})

    with pytest.raises(JarError, match=r"org\.example:beta:1\.0 could not be fetched"):
        kafka_jars(tmp_path, JARS[1:], fetch)


def test_the_committed_list_is_of_one_kafka_and_names_no_address() -> None:
    jars = locked_jars()

    assert {jar.version for jar in jars if jar.group == "org.apache.kafka"} == {kafka_version(jars)}
    assert kafka_version(jars).startswith("4.3.")
    assert len({jar.file_name for jar in jars}) == len(jars) > 40
    assert {"kafka-clients", "log4j-core", "log4j-slf4j-impl"} <= {jar.artifact for jar in jars}


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(JarError, match="Not a line"):
        locked_jars("abc  org.example:alpha:1.0\n")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"BACKORDER_CACHE": "/own", "XDG_CACHE_HOME": "/shared"}, Path("/own/kafka-4.3.1")),
        ({"XDG_CACHE_HOME": "/shared"}, Path("/shared/backorder/kafka-4.3.1")),
        ({}, Path.home() / ".cache" / "backorder" / "kafka-4.3.1"),
    ],
)
def test_the_cache_is_where_the_environment_says(environ: dict[str, str], expected: Path) -> None:
    assert cache_folder("4.3.1", environ) == expected
