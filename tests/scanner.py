"""Finds values in bytes, however they are wrapped: the eye of every proof that something is gone (LAB 11).

`grep` finds 4 of 15 ordinary ways a value lies on a disk, this finds all; tests/architecture/test_scanner.py plants them.
"""

import base64
import binascii
import email
import email.policy
import gzip
import io
import re
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from email.message import EmailMessage

import pypdf
from cryptography.fernet import Fernet, InvalidToken
from pypdf.errors import PyPdfError

DEPTH = 6  # an e-mail with a zip with a workbook with compressed parts, and one to spare
BASE64 = re.compile(rb"(?:[A-Za-z0-9+/_-]{4}\s?){3,}(?:[A-Za-z0-9+/_-]{2,3}={0,2})?")
SEPARATED = re.compile(r"(?<=\d)[ .\-/](?=\d)")


def scan(content: bytes, needles: Iterable[str], keys: Iterable[str] = ()) -> set[str]:
    """The needles that occur in `content`, opened with the Fernet `keys` where it is sealed.

    Case, diacritics and separators between digits make no difference, neither in the needle nor in the content.
    """
    wanted = {needle: fold(needle) for needle in needles}
    crypters = [Fernet(key) for key in keys]
    found: set[str] = set()
    for layer in layers(content, crypters):
        for text in texts(layer):
            found |= {needle for needle, folded in wanted.items() if folded in text}
        if len(found) == len(wanted):
            break
    return found


def fold(text: str) -> str:
    """`text` without case, diacritics and separators between digits."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return SEPARATED.sub("", plain.casefold().replace("\u0131", "i"))


def texts(layer: bytes) -> Iterator[str]:
    """`layer` read as text in every way that makes sense, folded."""
    for encoding in ("utf-8", "cp1254", "utf-16-le", "utf-16-be"):
        text = layer.decode(encoding, errors="ignore")
        yield fold(text)
        if "%" in text or "+" in text:
            yield fold(urllib.parse.unquote_plus(text))
        if "\\u" in text or "\\x" in text:
            yield fold(re.sub(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", unescape, text))


def unescape(match: re.Match[str]) -> str:
    """The character that `\\uXXXX` or `\\xXX` stands for."""
    return chr(int(match[1] or match[2], 16))


def layers(content: bytes, crypters: list[Fernet]) -> Iterator[bytes]:
    """`content` and everything wrapped in it, each once."""
    seen: set[bytes] = set()
    waiting = [(content, 0)]
    while waiting:
        layer, depth = waiting.pop()
        if layer in seen:
            continue
        seen.add(layer)
        yield layer
        if depth < DEPTH:
            waiting += [(inner, depth + 1) for opener in OPENERS for inner in opener(layer)]
            waiting += [(inner, depth + 1) for inner in opened(layer, crypters)]


def opened(layer: bytes, crypters: list[Fernet]) -> Iterator[bytes]:
    """What Fernet tokens in `layer` say: as text, or as the bytes kvs.fields.seal_bytes makes."""
    tokens = [match[0] for match in re.finditer(rb"gAAAA[A-Za-z0-9_=-]{60,}", layer)]
    if layer.startswith(b"\x80\x00\x00\x00"):
        tokens.append(base64.urlsafe_b64encode(layer))
    for token in tokens:
        for crypter in crypters:
            try:
                plain = crypter.decrypt(token)
            except InvalidToken:
                continue
            yield from (plain, plain.partition(b"\n")[2])  # kvs.fields puts a line with the context before the value


def unpacked_gzip(layer: bytes) -> Iterator[bytes]:
    """The content of a gzip file."""
    if layer.startswith(b"\x1f\x8b"):
        try:
            yield gzip.decompress(layer)
        except (OSError, EOFError, zlib.error):
            return


def unpacked_zlib(layer: bytes) -> Iterator[bytes]:
    """The content of a zlib stream."""
    if layer[:1] == b"\x78":
        try:
            yield zlib.decompressobj().decompress(layer)
        except zlib.error:
            return


def unpacked_zip(layer: bytes) -> Iterator[bytes]:
    """The files in a zip, so also the parts of a workbook or a document."""
    if layer.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(layer)) as archive:
                yield from [archive.read(name) for name in archive.namelist()]
        except (zipfile.BadZipFile, zlib.error):
            return


def pdf_text(layer: bytes) -> Iterator[bytes]:
    """The text of a PDF: letters are numbers of a font there, so unpacking alone shows nothing (LAB 12)."""
    if layer.startswith(b"%PDF"):
        try:
            yield "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(layer)).pages).encode()
        except PyPdfError:
            return


def mail_parts(layer: bytes) -> Iterator[bytes]:
    """Headers and parts of an e-mail, decoded."""
    if not re.search(rb"(?im)^(mime-version|content-transfer-encoding|subject):", layer[:4000]):
        return
    message = email.message_from_bytes(layer, _class=EmailMessage, policy=email.policy.default)
    yield "\n".join(str(value) for value in message.values()).encode()
    for part in message.walk():
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            yield body


def unpacked_base64(layer: bytes) -> Iterator[bytes]:
    """Every stretch that could be base64, as PostgreSQL's hexadecimal bytea is every stretch after `\\x`."""
    for match in BASE64.finditer(layer):
        compact = re.sub(rb"\s", b"", match[0]).rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        try:
            yield base64.b64decode(compact + b"=" * (-len(compact) % 4))
        except binascii.Error:
            continue
    for match in re.finditer(rb"\\x((?:[0-9a-f]{2}){8,})", layer):
        yield binascii.unhexlify(match[1])


OPENERS: tuple[Callable[[bytes], Iterator[bytes]], ...] = (
    unpacked_gzip,
    unpacked_zlib,
    unpacked_zip,
    pdf_text,
    mail_parts,
    unpacked_base64,
)
