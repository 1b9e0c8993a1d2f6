"""The only caller of WeasyPrint: from a page of ours to a tagged PDF. Loaded when first needed, for it wants Pango.

Nothing is fetched: no file, no address, only `data:` and the school's font (LAB 12: by default a page can embed any
file of the server). Tagged as PDF/UA-1; never write "conforms", a full validator has not seen it (decisions.md 5).
"""

import logging
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

APT_PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
FONT_ADDRESS = "kvs:source-sans-3"
FONT_FACE = f'@font-face {{ font-family: "Source Sans 3"; src: url("{FONT_ADDRESS}"); font-weight: 200 900; }}'

logging.getLogger("weasyprint").setLevel(logging.CRITICAL)  # its warnings quote the page, and so people's names
logging.getLogger("fontTools").setLevel(logging.WARNING)  # tells every step of making a font smaller


class PdfUnavailable(Exception):
    """Pango is not on this machine; the text is the sentence for the user."""


def pdf_available() -> str:
    """Why no PDF can be made on this machine, as a sentence with the line that mends it; empty when one can."""
    if _pango_is_here():
        return ""
    return _("A PDF cannot be made on this computer yet. The administrator can run: apt-get install %(packages)s") % {
        "packages": APT_PACKAGES
    }


@cache
def _pango_is_here() -> bool:
    try:
        import weasyprint  # noqa: F401, PLC0415, TID251  # its owner; loading it needs Pango
    except OSError:
        return False
    return True


def make_pdf(page: str, stylesheet: str) -> bytes:
    """The PDF of a whole HTML page that has `lang` and `<title>`, styled by a file of ours in static/.

    Raises PdfUnavailable without Pango and ValueError when the page lacks language or title (PDF/UA needs both).
    """
    if reason := pdf_available():
        raise PdfUnavailable(reason)
    from weasyprint import CSS, HTML  # noqa: PLC0415, TID251  # as above
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415, TID251

    if 'lang="' not in page or "<title>" not in page:
        raise ValueError("A page for PDF needs a language and a title.")
    fonts, fetcher = FontConfiguration(), _closed_fetcher()
    look = FONT_FACE + _static_file(stylesheet).read_text()
    styles = [CSS(string=look, font_config=fonts, url_fetcher=fetcher)]
    made = HTML(string=page, url_fetcher=fetcher).write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/ua-1")
    assert isinstance(made, bytes)  # it writes to a file only when asked to
    return made


def _closed_fetcher() -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415, TID251  # as above

    class ClosedFetcher(URLFetcher):  # type: ignore[misc,unused-ignore]
        """Answers for the font and for `data:`; everything else is refused."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url == FONT_ADDRESS:
                font = _static_file("vendor/source-sans-3.ttf").read_bytes()
                return URLFetcherResponse(url, body=font, headers={"Content-Type": "font/ttf"})
            return super().fetch(url, headers)

    return ClosedFetcher(allowed_protocols=("data",), allow_redirects=False)


def _static_file(name: str) -> Path:
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(name)
    return Path(found)
