"""The scanner's own control: a name and a BSN planted in the fifteen ways of LAB 11, and found in all of them."""

import base64
import csv
import gzip
import io
import json
import pickle
import zipfile
import zlib
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import quote_plus

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from kvs.fields import seal, seal_bytes
from tests.scanner import scan

NAME = "Şükrü Yıldız-Ñandú"
BSN = "999990019"
LINE = f"{NAME};{BSN}"


def workbook(text: str) -> bytes:
    """The part of an .xlsx that holds its texts."""
    return zipped("xl/sharedStrings.xml", f"<sst><si><t>{text}</t></si></sst>".encode())


def zipped(name: str, content: bytes) -> bytes:
    """A zip with one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def pdf(text: str) -> bytes:
    """A page whose letters are numbers of an embedded font, as WeasyPrint makes them: byte n is the n-th letter."""
    letters = sorted(set(text))
    shown = "".join(f"{letters.index(letter) + 1:04X}" for letter in text)
    pairs = "\n".join(f"<{place + 1:04X}> <{ord(letter):04X}>" for place, letter in enumerate(letters))
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{len(letters)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    )
    page, unicode = (zlib.compress(part.encode()) for part in (f"BT /F 12 Tf 50 50 Td <{shown}> Tj ET", cmap))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(unicode), unicode),
    ]
    file, places = b"%PDF-1.7\n", []
    for place, content in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj%s\nendobj\n" % (place, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 8\n0000000000 65535 f \n%strailer<</Size 8/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (table, len(file))
    return file + end


def mail(text: str) -> bytes:
    """An e-mail with the text in a base64 body."""
    message = EmailMessage()
    message["Subject"] = "Bericht"
    message.set_content(text, cte="base64")
    return message.as_bytes()


def session(text: str) -> bytes:
    """As Django stores a session: signed, base64 of zlib of JSON (LAB 10)."""
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps({"form": text}).encode())).rstrip(b"=")
    return b"." + packed + b":1tXyZ:c2lnbmF0dXJl"


def comma_separated(text: str) -> bytes:
    """A row of a CSV file."""
    file = io.StringIO()
    csv.writer(file).writerow(text.split(";"))
    return file.getvalue().encode()


CONTAINERS: dict[str, Callable[[str], bytes]] = {
    "csv": comma_separated,
    "utf-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "json with escapes": lambda text: json.dumps({"note": text}).encode(),
    "xlsx": workbook,
    "pdf": pdf,
    "zip in zip": lambda text: zipped("inner.zip", zipped("list.txt", text.encode())),
    "session": session,
    "sealed": lambda text: f"INSERT INTO t VALUES ('{seal(text, 'tests.scanner.note')}')".encode(),
    "e-mail": mail,
    "pickle": lambda text: pickle.dumps({"note": text}),
    "base64 of json": lambda text: b"token=" + base64.b64encode(json.dumps({"note": text}).encode()),
    "address in a log": lambda text: f'"GET /search?q={quote_plus(text)} HTTP/1.1" 200'.encode(),
    "digits with dots": lambda text: text.replace(BSN, "9999.90.019").encode(),
    "cp1254": lambda text: text.encode("cp1254"),
}
GREP_FINDS = {"csv", "pickle"}


def seal_keys() -> list[str]:
    """The keys of this installation."""
    return list(settings.SEAL_KEYS())


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_name_and_a_bsn_are_found_in(container: str) -> None:
    assert scan(CONTAINERS[container](LINE), [NAME, BSN], seal_keys()) == {NAME, BSN}


@pytest.mark.parametrize("container", CONTAINERS)
def test_nothing_is_found_that_is_not_there(container: str) -> None:
    planted = CONTAINERS[container](f"Sükran Yilmaz;{BSN[:-1]}8")
    assert scan(planted, [NAME, BSN], seal_keys()) == set()


def test_there_are_fifteen_and_grep_finds_both_values_in_few() -> None:
    planted = {container: wrap(LINE) for container, wrap in CONTAINERS.items()}
    assert len(planted) == 15
    found = {name for name, content in planted.items() if NAME.encode() in content and BSN.encode() in content}
    assert found == GREP_FINDS


def test_sealed_files_open_with_the_right_key_only() -> None:
    content = b"\\x" + seal_bytes(zipped("list.txt", LINE.encode()), "tests.scanner.file").hex().encode()
    assert scan(content, [NAME, BSN], seal_keys()) == {NAME, BSN}
    assert scan(content, [NAME, BSN], [Fernet.generate_key().decode()]) == set()


def test_case_diacritics_and_separators_make_no_difference() -> None:
    assert scan(b"sukru yildiz-nandu 999 990-019", [NAME, BSN]) == {NAME, BSN}


def test_mail_is_read_whole_also_its_subject_and_quoted_printable() -> None:
    for header, body in (NAME, "Dag"), ("Bericht", NAME):
        message = EmailMessage()
        message["Subject"] = header
        message.set_content(body, cte="quoted-printable")
        assert scan(message.as_bytes(), [NAME]) == {NAME}
