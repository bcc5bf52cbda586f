"""What a test wants to know of a page in Markdown: links, headings, code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_FENCE = re.compile(r"^(?P<fence>```+|~~~+)(?P<language>\w*)\n(?P<code>.*?)^(?P=fence)\s*$", re.M | re.S)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)((?:(?: {4}|\t).*\n|\n)+)", re.M)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.M)


class Code(NamedTuple):
    """A piece of code on a page: a fenced block with its language, an indented block, or a span."""

    kind: str
    language: str
    text: str


class Page:
    """One Markdown file."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8") if text is None else text
        # Shell comments in code are no headings, and brackets in it are no links.
        self.prose = _INDENTED.sub("\n", _FENCE.sub("", self.text))

    def links(self) -> list[str]:
        """Targets of links and images, in order."""
        without_code = _SPAN.sub("", self.prose)
        return [link or image for link, image in _LINK.findall(without_code)]

    def anchors(self) -> set[str]:
        """The anchors that GitHub makes of the headings."""
        found: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            anchor = slug(heading)
            number, unique = 0, anchor
            while unique in found:
                number += 1
                unique = f"{anchor}-{number}"
            found.add(unique)
        return found

    def code(self) -> Iterator[Code]:
        """All code on the page."""
        for block in _FENCE.finditer(self.text):
            yield Code("fenced", block["language"], block["code"])
        rest = _FENCE.sub("", self.text)
        for block in _INDENTED.finditer(rest):
            yield Code("indented", "", block[1])
        for span in _SPAN.findall(_INDENTED.sub("\n", rest)):
            yield Code("span", "", span)

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the first table below the line or heading that contains `heading`, without its head."""
        lines = self.text[self.text.index(heading) :].splitlines()
        start = next(number for number, line in enumerate(lines) if re.match(r"\|[-|: ]+\|$", line))
        rows = []
        for line in lines[start + 1 :]:
            if not line.startswith("|"):
                break
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            rows.append([cell.strip() for cell in cells])
        return rows


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
