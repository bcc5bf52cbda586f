"""The engine's settings. `backorder.settings` fills them from the environment."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backorder.engine.steps import Step


def _dotted(options: dict[str, str]) -> dict[str, str]:
    """An environment variable cannot hold a dot: `SECURITY_PROTOCOL` means `security.protocol`."""
    return {key.lower().replace("_", "."): value for key, value in options.items()}


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(Section):
    """How to reach Kafka."""

    bootstrap_servers: str = Field(
        default="localhost:9092", min_length=1, description="host:port, comma-separated"
    )
    librdkafka: Annotated[dict[str, str], AfterValidator(_dotted)] = Field(
        default_factory=dict,
        description="any further librdkafka option, for every client: security.protocol, sasl.password, ...",
    )


class LoopSettings(Section):
    """The exactly-once loop."""

    batch_records: int = Field(default=5000, ge=1, le=10_000, description="most records in one transaction")
    transaction_interval_ms: int = Field(
        default=20,
        ge=0,
        le=1000,
        description="least time from one transaction's start to the next, under load",
    )
    transaction_timeout_ms: int = Field(
        default=10_000,
        ge=2000,
        le=60_000,
        description="how long a dead process's open transaction can hold readers back",
    )
    session_timeout_ms: int = Field(
        default=10_000,
        ge=1000,
        le=3_600_000,
        description="after this silence a process's partitions go to another one",
    )
    stalled_seconds: float = Field(
        default=120, gt=0, description="no turn of the loop for so long = not live"
    )
    summary_seconds: float = Field(default=30, gt=0, description="time between two summary lines of the log")


class HttpSettings(Section):
    """Where /metrics and /healthz/* are served."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535, description="0 = any free port; the log says which")
    port_file: str | None = Field(default=None, description="write the address (host:port) to this file")


class WindowSettings(Section):
    """The window of event ids in which a repeat is recognised, for each partition of a public topic."""

    hours: float = Field(default=24, gt=0, description="by broker time")
    ids: int = Field(default=1_000_000, ge=1, description="at most so many, the newest ones")


class FaultSettings(Section):
    """For tests of the recovery alone: a process that kills itself."""

    kill_at: Step | None = Field(
        default=None,
        description="FOR TESTS: the process sends itself SIGKILL at this step: " + ", ".join(Step),
    )
    batch_events: int = Field(default=100, ge=1, description="FOR TESTS: only in a batch of so many records")
    batch_partitions: int = Field(default=2, ge=1, description="FOR TESTS: and from so many partitions")
    restore_records: int = Field(
        default=10_000, ge=1, description="FOR TESTS: during_restore only with so many offsets to read"
    )
    restored_part: float = Field(
        default=0.5, gt=0, le=1, description="FOR TESTS: during_restore after this part of them has been read"
    )
    commit_part: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="FOR TESTS: inside_commit after this part of the time that the commit before it took",
    )
    commit_flushed: bool = Field(
        default=False,
        description="FOR TESTS: inside_commit with all records on the broker already: of the commit only the "
        "broker's word is missing",
    )
    delay_ms: float = Field(
        default=0,
        ge=0,
        description="FOR TESTS: how long it stands at any of the other steps before it dies",
    )
    crumb_file: str | None = Field(
        default=None, description="FOR TESTS: write where it died, and with what in hand, to this file (JSON)"
    )
    stamp_batches: bool = Field(
        default=False,
        description="FOR TESTS: every record gets a header `batch`: process, number of the transaction, and "
        "how many records that transaction wrote; the reconciliation takes it for a difference",
    )


class EngineSettings(Section):
    """All that the engine needs to run one service."""

    kafka: KafkaSettings = KafkaSettings()
    loop: LoopSettings = LoopSettings()
    http: HttpSettings = HttpSettings()
    fault: FaultSettings = FaultSettings()
    prefix: str = Field(default="", description="put before group, transactional and instance ids")
    slot: str = Field(default="0", description="which of several processes of the service this is")
