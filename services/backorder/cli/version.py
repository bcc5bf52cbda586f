"""`backorder version`."""

import json
import platform
from importlib.metadata import version as installed
from typing import Annotated

import typer


def version(
    as_json: Annotated[bool, typer.Option("--json", help="With the versions of what it stands on.")] = False,
) -> None:
    """Print the version."""
    if not as_json:
        typer.echo(f"backorder {installed('backorder')}")
        return
    # Imported here: the plain answer does not need it.
    from confluent_kafka import libversion

    versions = {
        "backorder": installed("backorder"),
        "python": platform.python_version(),
        "confluent-kafka": installed("confluent-kafka"),
        "librdkafka": libversion()[0],
        "pydantic": installed("pydantic"),
        "msgspec": installed("msgspec"),
    }
    typer.echo(json.dumps(versions))
