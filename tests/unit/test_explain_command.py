"""`backorder explain` and `backorder plan` on a file of events, and the page that shows them."""

import json
from pathlib import Path
from typing import Any

import pytest

from backorder.cli.main import main
from tests.support.markdown import Page

ROOT = Path(__file__).parents[2]
QUICK_START = str(ROOT / "docs" / "quick-start.jsonl")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as raised:
        main([*arguments, "--simulate", QUICK_START])
    out, err = capsys.readouterr()
    return int(raised.value.code or 0), out, err


def test_the_answer_in_the_readme_is_what_the_command_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    shown = {code.text.strip() for code in Page(ROOT / "README.md").code()}
    for command in ("explain ANNA/1", "plan --sku MUG --receive 3"):
        with pytest.raises(SystemExit):
            main([*command.split(), "--simulate", "docs/quick-start.jsonl"])
        said = "\n".join(text.rstrip() for text in capsys.readouterr().out.splitlines()).strip()
        assert said in shown, said


def test_the_explanation_is_also_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "explain", "ANNA/1", "-o", "json")
    explanation: dict[str, Any] = json.loads(out)

    assert code == 0
    assert explanation["row"]["backordered"] == 1
    assert explanation["would_fill"] == [{"location": "AMS", "quantity": 1, "tried": True}]
    assert [told["type"] for told in explanation["history"]] == [
        "backorder.opened",
        "release.created",
        "backorder.filled",
        "release.created",
    ]


def test_the_plan_is_also_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "plan", "--sku", "MUG", "--receive", "3", "-o", "json")
    plan = json.loads(out)

    assert code == 0
    assert [(fill["order_id"], fill["quantity"]) for fill in plan["filled"]] == [("ANNA", 1)]
    assert plan["free"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("explain", "ZOE/1"), "order ZOE is not known"),
        (("explain", "ANNA/9"), "has no line 9"),
        (("explain", "ANNA/1", "--pool", "eu"), "there is no pool eu"),
        (("plan", "--sku", "CUP", "--receive", "1"), "say which"),
    ],
)
def test_what_is_not_there_is_said_with_exit_code_1(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert words in err


def test_a_plan_that_would_be_rejected_has_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "plan", "--sku", "MUG", "--release", "--line", "ANNA/9")
    assert code == 1
    assert "it would be rejected, unknown_line" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "ANNA"),
        ("explain", "ANNA/first"),
        ("plan", "--sku", "MUG"),
        ("plan", "--sku", "MUG", "--receive", "1", "--release"),
        ("plan", "--sku", "MUG", "--receive", "1", "--line", "ANNA/1"),
        ("plan", "--sku", "MUG", "--release", "--purchase", "PO-1"),
        ("plan", "--sku", "MUG", "--receive", "0"),
    ],
)
def test_wrong_usage_has_exit_code_2(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert run(capsys, *arguments)[0] == 2


def test_a_file_that_is_not_there_or_no_json_has_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.jsonl").write_text("hello\n")
    for name in ("gone.jsonl", "bad.jsonl"):
        with pytest.raises(SystemExit) as raised:
            main(["explain", "ANNA/1", "--simulate", str(tmp_path / name)])
        assert raised.value.code == 2
        assert name in capsys.readouterr().err
