"""Log lines: JSON on stderr, or coloured text at a terminal; librdkafka's own lines go the same way."""

import logging
import sys

import structlog


def set_up(**bound: str) -> None:
    """Configures logging for this process; `bound` stands in every line."""

    def bind(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        # Not by context variables: the lines of other threads carry it too.
        return {**event, **bound}

    shared: list[structlog.typing.Processor] = [
        bind,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    render: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if sys.stderr.isatty()
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
