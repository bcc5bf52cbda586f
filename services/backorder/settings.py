"""All settings of the services and the command line, from environment variables.

The prefix is `BACKORDER_`, a section is set off by two underscores: `BACKORDER_KAFKA__BOOTSTRAP_SERVERS`.
Any librdkafka option can be given: `BACKORDER_KAFKA__LIBRDKAFKA__SECURITY_PROTOCOL=SASL_SSL`.
"""

import re
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError

from backorder.contract.envelope import Limits
from backorder.domain.settings import Settings as DomainSettings
from backorder.engine.config import (
    EngineSettings,
    FaultSettings,
    HttpSettings,
    KafkaSettings,
    LoopSettings,
    Section,
    WindowSettings,
)

PREFIX = "BACKORDER_"
_SECRET = re.compile(r"password|secret|token|key\.pem|jaas|oauthbearer|credential", re.IGNORECASE)


class SettingsError(Exception):
    """A setting is wrong; each line of the message names the variable to change."""


class LimitSettings(Section):
    """What a record of a public topic may be at most."""

    future_seconds: int = Field(
        default=300, ge=0, description="how far an event's time may be ahead of its record's timestamp"
    )
    max_value_bytes: int = Field(
        default=1024 * 1024, ge=1024, le=4 * 1024 * 1024, description="largest value, uncompressed"
    )


class FoldSettings(Section):
    """Settings that decide; a change is written into the journal and holds from there on."""

    closed_retention_days: int = Field(
        default=DomainSettings().closed_retention_days,
        ge=1,
        description="a closed order, purchase, receipt or hold is forgotten after so many days; until then "
        "its id is protected against repeats",
    )
    step_lines: int = Field(
        default=DomainSettings().step_lines,
        ge=1,
        description="an event that moves more lines of other orders goes on in further steps",
    )
    hold_grace_seconds: int = Field(
        default=DomainSettings().hold_grace_seconds,
        ge=0,
        description="a hold of stock ends so long after its expires_at, for the checkout in flight",
    )
    promise_lines: int = Field(
        default=DomainSettings().promise_lines,
        ge=1,
        description=(
            "an event looks at the promises of so many waiting claims (a tenth where only free units moved),"
            " the clock at the rest"
        ),
    )
    still_waiting_days: int = Field(
        default=DomainSettings().still_waiting_days,
        ge=1,
        description="the notice `still_waiting` is due after so many days",
    )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    topic_prefix: str = Field(
        default="",
        pattern=r"^[a-zA-Z0-9._-]{0,100}$",
        description="before every topic, group and transactional id on this cluster",
    )
    slot: str = Field(
        default="0",
        pattern=r"^[a-zA-Z0-9._-]{1,100}$",
        description="which of several processes of one service this is; a process that takes a slot ends the "
        "one that had it",
    )
    kafka: KafkaSettings = KafkaSettings()
    loop: LoopSettings = LoopSettings()
    http: HttpSettings = HttpSettings()
    window: WindowSettings = WindowSettings()
    limits: LimitSettings = LimitSettings()
    fold: FoldSettings = FoldSettings()
    fault: FaultSettings = FaultSettings()

    def engine(self) -> EngineSettings:
        """The engine's part."""
        return EngineSettings(
            kafka=self.kafka,
            loop=self.loop,
            http=self.http,
            fault=self.fault,
            prefix=self.topic_prefix,
            slot=self.slot,
        )

    def record_limits(self) -> Limits:
        """The contract's part."""
        return Limits(self.limits.max_value_bytes, self.limits.future_seconds * 1000, self.topic_prefix)

    def deciding(self) -> DomainSettings:
        """The domain's part."""
        return DomainSettings(**self.fold.model_dump())

    def shown(self) -> dict[str, Any]:
        """All values, for people; secrets are hidden."""
        values = self.model_dump()
        options = values["kafka"]["librdkafka"]
        for key in options:
            if _SECRET.search(key):
                options[key] = "********"
        return values


def load() -> Settings:
    """The settings of this process. Raises `SettingsError`."""
    try:
        return Settings()
    except ValidationError as invalid:
        raise SettingsError("\n".join(_explained(error) for error in invalid.errors())) from None
    except SourceError as invalid:
        raise SettingsError(f"{invalid}: give the section's values one by one, or as JSON") from None


def variable(path: tuple[int | str, ...]) -> str:
    """The variable of a setting: `("loop", "batch_records")` is `BACKORDER_LOOP__BATCH_RECORDS`."""
    return PREFIX + "__".join(str(part).upper().replace(".", "_") for part in path)


def _explained(error: Any) -> str:
    name = variable(error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{name}: there is no such setting"
    return f"{name}: {error['msg']} (it is {error['input']!r})"
