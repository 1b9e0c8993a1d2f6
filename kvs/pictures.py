"""Pictures and PDFs that somebody sends up: the only place that opens one.

An upload is hostile until it was opened. What we keep is never what was sent: a picture is drawn anew, which leaves behind
whatever else was in the file and where and by which telephone it was taken; of a PDF only the pages are kept, without
scripts, links, forms and attachments.
"""

import io
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter

JPEG, PDF, TEXT = "image/jpeg", "application/pdf", "text/plain; charset=utf-8"
ACCEPT = ".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png"
MAX_BYTES = 15 * 1024 * 1024  # of one upload; a photo of a telephone is 3 to 8 MB
MAX_LOG_BYTES = 1024 * 1024
MAX_PIXELS = 60_000_000  # of one picture: 240 MB while it is open
LONGEST_SIDE = 2600  # pixels that are kept: A4 at 220 dots an inch, on which initials are easily read
QUALITY = 82
MAX_PAGES = 30
HEIC = (b"ftypheic", b"ftypheix", b"ftyphevc", b"ftypmif1", b"ftypmsf1", b"ftypheim", b"ftypheis", b"ftypavif")


class Clean(NamedTuple):
    """What may be kept of an upload."""

    content: bytes
    content_type: str


def clean_upload(content: bytes, *, pdf: bool = True) -> Clean:
    """A picture or PDF made anew from what was sent; without `pdf` pictures only. Raises ValidationError with a sentence
    for whoever sent it.
    """
    if len(content) > MAX_BYTES:
        raise ValidationError(
            _("This file is larger than 15 MB. Scan in grey, or let the telephone make a smaller photo."), code="large"
        )
    if content[4:12] in HEIC:
        raise ValidationError(
            _(
                "This is a HEIC photo, which only some telephones can show. Set the camera to “Most compatible”, or send the "
                "photo as JPG."
            ),
            code="heic",
        )
    if pdf and b"%PDF-" in content[:1024]:
        return Clean(_only_pages(content), PDF)
    return Clean(_drawn_anew(content), JPEG)


def _drawn_anew(content: bytes) -> bytes:
    """The picture as JPEG, upright, not too large, and without anything beside the picture. Raises ValidationError."""
    sentence = _("This is not a PDF, JPG or PNG that can be opened. Make the scan or photo again.")
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as found:
            if found.width * found.height > MAX_PIXELS:  # known before anything is unpacked
                raise ValueError("too many pixels")
            upright = ImageOps.exif_transpose(found).convert("RGBA")
    except Exception as problem:  # Pillow raises whatever its decoders raise; none of it is a bug of ours
        raise ValidationError(sentence, code="kind") from problem
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    paper = Image.new("RGB", upright.size, "white")  # a PNG may be transparent
    paper.paste(upright, mask=upright.getchannel("A"))
    made = io.BytesIO()
    paper.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _only_pages(content: bytes) -> bytes:
    """A new PDF of the pages, without what a PDF can do besides being looked at. Raises ValidationError."""
    try:
        reader = PdfReader(io.BytesIO(content))
        locked, number = reader.is_encrypted, 0 if reader.is_encrypted else len(reader.pages)
    except Exception as problem:  # as above
        raise _broken_pdf() from problem
    if locked:
        raise ValidationError(_("This PDF has a password. Save it without one and send it again."), code="locked")
    if not 1 <= number <= MAX_PAGES:
        raise ValidationError(_("A scan has 1 to 30 pages; this PDF has another number. Split it."), code="pages")
    try:
        return _copied(reader)
    except Exception as problem:  # as above
        raise _broken_pdf() from problem


def _broken_pdf() -> ValidationError:
    return ValidationError(_("This PDF cannot be opened: it is damaged. Make the scan again."), code="kind")


def _copied(reader: PdfReader) -> bytes:
    writer = PdfWriter()
    for page in reader.pages:
        for part in ("/Annots", "/AA", "/Metadata", "/PieceInfo", "/B", "/Tabs", "/StructParents"):
            page.pop(part, None)
        writer.add_page(page)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def clean_log(content: bytes) -> Clean:
    """A log of a platform as plain text, whatever it called itself, or the PDF of one made anew. Raises ValidationError."""
    if b"%PDF-" in content[:1024]:
        return clean_upload(content)
    if len(content) > MAX_LOG_BYTES:
        raise ValidationError(_("This log is larger than 1 MB. Take only the part of this lesson."), code="large")
    for encoding in ("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if text.strip() and all(letter.isprintable() or letter in "\t\r\n\xa0" for letter in text):
            return Clean(text.encode(), TEXT)
    raise ValidationError(_("This is no text. Save the list of who took part as csv, txt or PDF."), code="kind")


def as_download(content: bytes, content_type: str, name: str) -> HttpResponse:
    """An answer with a stored file, that no browser opens as a page. An <img> shows a picture all the same."""
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer
