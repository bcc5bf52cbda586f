"""The example of the test kit in the README, as a program."""

from pathlib import Path
from types import CodeType

from tests.support.markdown import Page

README = Path(__file__).parents[2] / "README.md"


def example() -> str:
    """The only Python on the page."""
    [code] = [code.text for code in Page(README).code() if code.language == "python"]
    return code


def compiled() -> CodeType:
    return compile(example(), str(README), "exec")
