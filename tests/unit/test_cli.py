"""The command line: quick to list itself, exit codes that tell usage, problem and unreachable apart."""

import importlib
import inspect
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from backorder.cli.main import COMMANDS, build, main

NOWHERE = "127.0.0.1:1"


def exit_code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    return int(raised.value.code or 0)


def test_the_list_of_commands_needs_no_heavy_import() -> None:
    code = (
        "import sys; sys.argv = ['backorder', '--help']\n"
        "from backorder.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'pydantic', 'confluent_kafka', 'prometheus_client', 'msgspec'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says_of_itself(name: str) -> None:
    command = COMMANDS[name]
    module = importlib.import_module(f"backorder.cli.{command.module}")
    if hasattr(module, "app"):
        own_help = module.app.info.help
    else:
        own_help = inspect.getdoc(getattr(module, command.module)) or ""
    first_sentence = " ".join(own_help.partition("\n\n")[0].split())
    assert first_sentence == command.help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    assert exit_code([name, "--help"]) == 0


def test_version_answers_also_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code(["version"]) == 0
    assert capsys.readouterr().out.startswith("backorder ")
    assert exit_code(["version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backorder"]


def test_config_show_prints_every_variable_and_hides_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDER_KAFKA__LIBRDKAFKA__SASL_PASSWORD", "hunter2")
    assert exit_code(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "BACKORDER_LOOP__BATCH_RECORDS=5000" in out
    assert "BACKORDER_KAFKA__LIBRDKAFKA__SASL_PASSWORD=********" in out
    assert "hunter2" not in out


def test_a_wrong_setting_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDER_LOOP__BATCH_RECORDS", "0")
    assert exit_code(["config", "show"]) == 2
    assert "BACKORDER_LOOP__BATCH_RECORDS" in capsys.readouterr().err


def test_a_replay_without_a_choice_is_a_usage_error() -> None:
    assert CliRunner().invoke(build(["dlq"]), ["dlq", "replay"]).exit_code == 2


def test_a_broker_that_cannot_be_reached_has_its_own_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKORDER_KAFKA__BOOTSTRAP_SERVERS", NOWHERE)
    monkeypatch.setattr("backorder.topics._ASK_SECONDS", 0.2)
    assert exit_code(["topics", "plan"]) == 3
    assert "BACKORDER_KAFKA__BOOTSTRAP_SERVERS" in capsys.readouterr().err


def test_an_option_that_no_client_knows_is_a_usage_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BACKORDER_KAFKA__LIBRDKAFKA__FOO", "1")
    assert exit_code(["topics", "plan"]) == 2
    said = capsys.readouterr().err
    assert '"foo"' in said
    assert "BACKORDER_KAFKA__LIBRDKAFKA" in said
