"""A page that was kept (a letter) as the words on it: nobody reads tags in a copy of the own data."""

from html.parser import HTMLParser

UNSEEN = ("head", "style", "script")
BLOCKS = ("p", "h1", "h2", "h3", "tr", "li", "div", "section", "br")
CELLS = ("th", "td")


def words_of(page: str) -> str:
    """What somebody reads on the page: a line for each paragraph and each row of a table, its cells with " · " between."""
    reader = _Words()
    reader.feed(page)
    reader.close()
    lines = (" ".join(line.split()).strip(" ·") for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.unseen = 0  # how deep inside what no reader sees

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN
        if tag in (*BLOCKS, *CELLS):
            self.parts.append("\n" if tag in BLOCKS else " · ")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.parts.append(data.replace("\n", " "))
