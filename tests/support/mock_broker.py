"""librdkafka's mock cluster: one broker in this process that answers with the errors it is told to.

For what a real broker does too rarely to be waited for. It knows no isolation and no transactional offsets,
so it proves nothing about exactly-once. confluent-kafka does not give it away to Python, so it is taken from
the library that its wheel brings.
"""

import ctypes
import ctypes.util
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import confluent_kafka

OFFSET_FETCH = 9
COORDINATOR_LOADS = 14
NOT_COORDINATOR = 16
_PRODUCER = 0

_RESULTS: dict[str, Any] = {
    "rd_kafka_conf_new": ctypes.c_void_p,
    "rd_kafka_new": ctypes.c_void_p,
    "rd_kafka_mock_cluster_new": ctypes.c_void_p,
    "rd_kafka_mock_cluster_bootstraps": ctypes.c_char_p,
    "rd_kafka_mock_topic_create": ctypes.c_int,
    "rd_kafka_mock_push_request_errors": None,
    "rd_kafka_mock_clear_request_errors": None,
    "rd_kafka_mock_cluster_destroy": None,
    "rd_kafka_destroy": None,
}


def _library() -> Any:
    beside = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    bundled = [str(file) for file in beside.glob("librdkafka-*.so*")]
    name = bundled[0] if bundled else ctypes.util.find_library("rdkafka")
    assert name is not None, "confluent-kafka has brought no librdkafka"
    library = ctypes.CDLL(name)
    for function, result in _RESULTS.items():
        getattr(library, function).restype = result
    return library


class MockBroker:
    """A cluster of one mock broker. As a context manager: gone on exit."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(256)
        made = self._library.rd_kafka_new(
            _PRODUCER, ctypes.c_void_p(self._library.rd_kafka_conf_new()), error, len(error)
        )
        assert made, error.value
        self._client = ctypes.c_void_p(made)
        self._cluster = ctypes.c_void_p(self._library.rd_kafka_mock_cluster_new(self._client, 1))
        self.bootstrap: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create_topic(self, topic: str, partitions: int) -> None:
        failed = self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1)
        assert not failed, failed

    def answer_with(self, request: int, *errors: int) -> None:
        """The next requests of this kind (Kafka's API key) are answered with these error codes."""
        self._library.rd_kafka_mock_push_request_errors(
            self._cluster,
            ctypes.c_int16(request),
            ctypes.c_size_t(len(errors)),
            *(ctypes.c_int(error) for error in errors),
        )

    def forget_errors(self, request: int) -> None:
        """What is left of the errors for this kind of request is not used."""
        self._library.rd_kafka_mock_clear_request_errors(self._cluster, ctypes.c_int16(request))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)
