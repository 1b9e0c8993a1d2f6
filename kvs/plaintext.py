"""Text of people with headings and lists, for templates that escape it: no HTML goes in, so none comes out."""

from collections.abc import Iterator
from dataclasses import dataclass

HEADING, SMALL_HEADING, LIST, PARAGRAPH = "heading", "small", "list", "paragraph"


@dataclass(frozen=True)
class Block:
    """A heading ("# " in front), a smaller one ("## "), a list ("- " in front of every line) or a paragraph."""

    kind: str
    lines: tuple[str, ...]


def blocks(text: str) -> list[Block]:
    """`text` in blocks. An empty line ends a paragraph or a list; a heading is a line by itself."""
    found: list[Block] = []
    for kind, line in _lines(text):
        if kind and found and found[-1].kind == kind and kind in (LIST, PARAGRAPH):
            found[-1] = Block(kind, (*found[-1].lines, line))
        else:
            found.append(Block(kind, (line,)))
    return [block for block in found if block.kind]


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Each line with its kind; an empty line has none."""
    for line in (raw.strip() for raw in text.splitlines()):
        for mark, kind in (("## ", SMALL_HEADING), ("# ", HEADING), ("- ", LIST), ("• ", LIST)):
            if line.startswith(mark) and line.removeprefix(mark).strip():
                yield kind, line.removeprefix(mark).strip()
                break
        else:
            yield (PARAGRAPH if line else ""), line
