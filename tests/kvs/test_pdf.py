"""PDF: readable by machines, closed to files and networks, silent about its content in the log."""

import base64
import io
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import OpenerDirector

import pdfua
import pytest
from pypdf import PdfReader

from kvs import pdf
from kvs.pdf import make_pdf, pdf_available

needs_pango = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def page(body: str, head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="nl"><head><title>Proef</title>{head}</head><body>{body}</body></html>'


def text_of(made: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


@needs_pango
def test_a_pdf_is_tagged_has_language_and_title_and_reads_back(tmp_path: Path) -> None:
    made = make_pdf(
        page("<h1>Presentie</h1><table><tr><th scope='row'>Nguyễn Özkan</th><td>1.170</td></tr></table>"), "paper.css"
    )
    (tmp_path / "made.pdf").write_bytes(made)
    report = pdfua.validate(str(tmp_path / "made.pdf"))
    assert [finding.message for finding in report.findings if finding.severity >= pdfua.Severity.ERROR] == []
    reader = PdfReader(io.BytesIO(made))
    assert str(reader.root_object["/Lang"]) == "nl"
    assert "Presentie" in text_of(made)
    assert "Nguyễn Özkan 1.170" in text_of(made)


@needs_pango
def test_it_tells_nothing_but_the_title_and_the_program() -> None:
    reader = PdfReader(io.BytesIO(make_pdf(page("x"), "paper.css")))
    assert {name: value for name, value in (reader.metadata or {}).items() if name != "/Producer"} == {"/Title": "Proef"}


@needs_pango
@pytest.mark.parametrize(
    "body",
    [
        '<img src="file://{secret}" alt="">',
        '<img src="{server}/x.png" alt="">',
        '<a rel="attachment" href="file://{secret}">x</a>',
        '<link rel="attachment" href="file://{secret}">',
        '<link rel="stylesheet" href="file://{secret}">',
        '<object data="file://{secret}"></object>',
        "<div><style>@import url('file://{secret}'); div {{ background: url('{server}/y') }}</style></div>",
    ],
)
def test_nothing_is_fetched(body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = OpenerDirector.open

    def watched(self: OpenerDirector, request: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(request.full_url)
        return real(self, request, *args, **kwargs)

    monkeypatch.setattr(OpenerDirector, "open", watched)
    secret = tmp_path / "secret.png"
    secret.write_bytes(base64.b64decode(PIXEL))
    made = make_pdf(page(body.format(secret=secret, server="http://127.0.0.1:9")), "paper.css")
    assert opened == []
    assert PdfReader(io.BytesIO(made)).attachments == {}


@needs_pango
def test_the_watch_on_fetching_sees_what_is_allowed() -> None:
    made = make_pdf(page(f'<img src="data:image/png;base64,{PIXEL}" alt="punt">'), "paper.css")
    assert len(PdfReader(io.BytesIO(made)).pages[0].images) == 1


@needs_pango
def test_the_log_holds_nothing_of_the_page(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        make_pdf(
            page('<img src="http://x/Fatima" alt=""><p class="x">Yilmaz</p>', "<style>p { colour: Fatima }</style>"), "paper.css"
        )
    assert [record.getMessage() for record in caplog.records if record.name.startswith(("weasyprint", "fontTools"))] == []


@needs_pango
@pytest.mark.parametrize("bad", ["<html><title>x</title></html>", '<html lang="nl"><body>x</body></html>'])
def test_a_page_without_language_or_title_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="language and a title"):
        make_pdf(bad, "paper.css")


def test_without_pango_it_says_so_and_names_the_packages() -> None:
    """In a process in which no library can be found, as on a machine without them."""
    code = """
import ctypes.util, os, cffi, django
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvs.settings")
django.setup()
def missing(self, name, flags=0):
    raise OSError(f"cannot load library '{name}'")
cffi.FFI.dlopen = missing
from kvs import pdf
print(pdf.pdf_available())
try:
    pdf.make_pdf('<html lang="nl"><title>x</title></html>', "paper.css")
except pdf.PdfUnavailable as problem:
    print("refused:", problem)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    sentence = (
        f"Op deze computer kan nog geen PDF worden gemaakt. De beheerder kan dit uitvoeren: apt-get install {pdf.APT_PACKAGES}"
    )
    assert done.stdout.splitlines()[-2:] == [sentence, f"refused: {sentence}"]  # after a banner of WeasyPrint's own
