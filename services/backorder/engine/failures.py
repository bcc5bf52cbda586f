"""How a service process ends when it cannot go on, and how Kafka's errors are told apart."""

from confluent_kafka import KafkaError, KafkaException

EXIT_OK = 0
EXIT_REFUSED = 78
"""Starting again does not help: somebody has to decide or change something (`EX_CONFIG`)."""
EXIT_RESTART = 75
"""A new process will recover by itself: the supervisor should start one (`EX_TEMPFAIL`)."""


class Refused(Exception):
    """The service must not run like this; the message names what is wrong and what to do."""


class Restart(Exception):
    """This process cannot know where it stands any more; the next one restores and goes on."""


class Stopped(Exception):
    """The service was told to stop before it had begun."""


class Aborted(Exception):
    """The transaction was aborted: nothing of the batch has happened, and it may be tried again."""


FENCED = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError.FENCED_INSTANCE_ID,
    }
)

DENIED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        KafkaError._AUTHENTICATION,
        KafkaError.SASL_AUTHENTICATION_FAILED,
    }
)


def fenced(error: KafkaError) -> bool:
    """Whether another process has taken this one's transactional or instance id.

    librdkafka reports a fenced consumer as a fatal error without its cause, except in the text.
    """
    return error.code() in FENCED or (error.code() == KafkaError._FATAL and "fenced" in error.str())


def over(error: KafkaError) -> bool:
    """Whether the client that reported this can do nothing more."""
    return error.fatal() or error.code() == KafkaError._FATAL or error.code() in FENCED


def ended(error: KafkaError, what: str) -> Restart:
    """Why a process has to end whose client is over."""
    if fenced(error):
        cause = "another process has taken over this slot, or the transaction outlived its timeout"
        return Restart(f"{cause} ({error.str()})")
    if error.code() == KafkaError._FATAL:
        # Who asks a client to produce that is over is not told why it is.
        return Restart(
            f"{what}, most likely because another process has taken over this slot ({error.str()})"
        )
    return Restart(f"{what}: {error.str()}")


CREDENTIALS = "check the ACLs and the credentials (BACKORDER_KAFKA__LIBRDKAFKA)"

_TOO_LARGE = (
    "a record is larger than its topic allows; `backorder topics plan` says where max.message.bytes differs "
    "from the catalogue, `backorder topics apply` mends it"
)

REMEDIES = dict.fromkeys(DENIED, CREDENTIALS) | {
    KafkaError.INVALID_TRANSACTION_TIMEOUT: (
        "lower BACKORDER_LOOP__TRANSACTION_TIMEOUT_MS, or raise the broker's transaction.max.timeout.ms"
    ),
    KafkaError.MSG_SIZE_TOO_LARGE: _TOO_LARGE,
    KafkaError.RECORD_LIST_TOO_LARGE: _TOO_LARGE,
}
"""What somebody has to do about the errors of a transaction that no repetition helps."""


def kafka_error(exception: KafkaException) -> KafkaError:
    """The `KafkaError` inside a `KafkaException`."""
    error: KafkaError = exception.args[0]
    return error
