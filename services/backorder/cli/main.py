"""`backorder ...`: one module here for each command, imported only when it is asked for.

A command's module has a function of its name, or, for a group, a `typer.Typer` called `app`. Exit codes:
0 done, 1 a problem was found, 2 wrong usage or settings, 3 Kafka cannot be reached; a service that ends by
itself has those of `engine.failures`.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import typer

EXIT_PROBLEM = 1
EXIT_USAGE = 2
EXIT_UNREACHABLE = 3


class Command(NamedTuple):
    module: str
    help: str
    """The first sentence of the command's own help, so that the list can be shown without importing it."""


COMMANDS = {
    "demo": Command("demo", "Show the whole processor at work on a Kafka of its own."),
    "simulate": Command(
        "simulate", "Run events through the whole processor, without a broker, and print what comes of them."
    ),
    "sample": Command("sample", "Write a sample of trade as JSON Lines, each a CloudEvent."),
    "import": Command("import_data", "Write real data as JSON Lines, each a CloudEvent."),
    "publish": Command(
        "publish", "Publish events from a file on the topics that their types belong to, in their order."
    ),
    "run": Command("run", "Run one service until it is told to stop."),
    "topics": Command("topics", "Compare the cluster's topics with the catalogue, and create them."),
    "dlq": Command("dlq", "List, show and replay dead letters."),
    "skip": Command(
        "skip", "Ask allocation to pass over the journal record at which a partition has stopped."
    ),
    "schemas": Command("schemas", "Write and check the schemas."),
    "explain": Command(
        "explain", "Say why an order line waits or was filled, who is ahead of it, and what would free it."
    ),
    "queue": Command("queue", "Show who waits for an item, in the order in which they are served."),
    "plan": Command("plan", "Show what a receipt, or a request to release, would do, without doing it."),
    "audit": Command(
        "audit",
        "Fold the journal of a running processor again, and compare with its live tables and its state.",
    ),
    "reconcile": Command(
        "reconcile",
        "Read all topics again, fold them again, and compare: did the services write what they had to write.",
    ),
    "config": Command("config", "Show the settings."),
    "version": Command("version", "Print the version."),
}


def build(arguments: Sequence[str]) -> typer.Typer:
    """The application, with the one command in full that the arguments name; without a name, the list."""
    app = typer.Typer(
        help="A streaming backorder processor on Kafka.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    named = next((argument for argument in arguments if not argument.startswith("-")), None)
    completing = "_BACKORDER_COMPLETE" in os.environ
    for name, command in COMMANDS.items():
        if name == named or completing:
            _add(app, name, command.module)
        else:
            app.command(name, help=command.help)(_not_named)
    return app


def _add(app: typer.Typer, name: str, module_name: str) -> None:
    module = import_module(f"backorder.cli.{module_name}")
    group = getattr(module, "app", None)
    if group is not None:
        app.add_typer(group, name=name)
    else:
        app.command(name)(getattr(module, module_name))


def _not_named() -> None:
    raise AssertionError("a command that is not named is not run")


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    app = build(arguments)
    try:
        app(arguments)
    except Exception as error:
        code = _explain(error)
        if code is None:
            raise
        sys.exit(code)


def _explain(error: Exception) -> int | None:
    """Says on stderr what an expected error means; None for an unexpected one."""
    # Imported here: the list of commands needs neither of them.
    from confluent_kafka import KafkaError, KafkaException

    from backorder.engine.failures import Refused
    from backorder.settings import SettingsError

    if isinstance(error, SettingsError | Refused):
        typer.echo(str(error), err=True)
        return EXIT_USAGE
    if isinstance(error, KafkaException):
        cause = error.args[0]
        unreachable = (
            KafkaError._TRANSPORT,
            KafkaError._ALL_BROKERS_DOWN,
            KafkaError._TIMED_OUT,
            KafkaError._RESOLVE,
        )
        if cause.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC):
            typer.echo(
                f"a topic is not there ({cause.str()}); is it the right cluster and BACKORDER_TOPIC_PREFIX? "
                "`backorder topics apply` creates the topics",
                err=True,
            )
            return EXIT_PROBLEM
        if cause.code() in unreachable:
            typer.echo(
                f"cannot reach Kafka ({cause.str()}); BACKORDER_KAFKA__BOOTSTRAP_SERVERS is "
                f"{os.environ.get('BACKORDER_KAFKA__BOOTSTRAP_SERVERS', 'not set: localhost:9092')}",
                err=True,
            )
            return EXIT_UNREACHABLE
    return None
