"""Dutch is complete, and the tool that keeps it so sees every gap."""

import gettext
from pathlib import Path

import polib
import pytest

from kvs.translations import (
    REQUIRED,
    SOURCE,
    catalogues,
    compile_catalogues,
    messages_in_code,
    problems,
    read_pairs,
    update,
)

# Words that are the same in Dutch. Anything else that equals its message id was forgotten.
SAME_IN_DUTCH = {
    "%(name)s: %(state)s, %(minutes)d min.",
    "%(name)s: %(state)s.",
    "BVNT2",
    "VOG",
    "Week",
    "Week %(number)s",
    "Week %(week)d: %(lessons)s",
    "Account",
    "Accounts",
    "BSN",
    "Blik op Werk",
    "Code",
    "Codes",
    "Contract",
    "Cookies",
    "DUO (Dienst Uitvoering Onderwijs)",
    "Database",
    "Dashboard",
    "Demo",
    "E-mail",
    "Later",
    "Menu",
    "code",
    "moment",
    "plan",
    "KvK %(number)s",
    "ONA (min.)",
    "PDF",
    "Passkey %(number)d",
    "Passkeys",
    "Planning",
    "Privacy",
    "Route",
    "Scan",
    "Scans",
    "School",
    "Spreadsheet",
    "Start",
    "Status",
    "Uploads",
    "account",
    "auditor",
    "codes",
    "contract",
    "curator (curatele)",
    "import",
    "intake",
    "man",
    "management",
    "mentor (mentorschap)",
    "min",
    "online",
    "open",
    "postcode",
    "privacy",
    "tab",
    "week",
    "week %(number)s",
    "wk",
}


def catalogue(*entries: polib.POEntry) -> polib.POFile:
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    made.extend(entries)
    return made


def word(msgid: str, msgstr: str = "", **more: object) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


def dutch() -> polib.POFile:
    return polib.pofile(str(SOURCE / REQUIRED / "LC_MESSAGES" / "django.po"))


def test_dutch_is_complete_and_in_step_with_the_code() -> None:
    assert problems(dutch(), messages_in_code()) == []


def test_no_message_was_left_in_english() -> None:
    assert {entry.msgid for entry in dutch() if entry.msgstr == entry.msgid} - SAME_IN_DUTCH == set()


def test_code_is_read_from_python_and_templates() -> None:
    found = {entry.msgid for entry in messages_in_code()}
    assert {"teacher", "This page is not here"} - found == set()


@pytest.mark.parametrize(
    ("here", "code", "problem"),
    [
        ([], [word("day")], "not in the catalogue yet: 'day'"),
        ([word("day", "dag")], [], "no longer in the code: 'day'"),
        ([word("day")], [word("day")], "empty: 'day'"),
        ([word("day", "dag", flags=["fuzzy"])], [word("day")], "fuzzy: 'day'"),
        ([word("%(n)s days", "%(m)s dagen")], [word("%(n)s days")], "placeholders differ: '%(n)s days'"),
        ([word("day", "dag", msgctxt="a")], [word("day", msgctxt="a")], None),
        (
            [word("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "een dag", 1: "%(n)s dagen"})],
            [word("%(n)s day", msgid_plural="%(n)s days")],
            None,
        ),
        (
            [word("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "een dag", 1: ""})],
            [word("%(n)s day", msgid_plural="%(n)s days")],
            "empty: '%(n)s day'",
        ),
    ],
)
def test_problems(here: list[polib.POEntry], code: list[polib.POEntry], problem: str | None) -> None:
    assert problems(catalogue(*here), catalogue(*code)) == ([problem] if problem else [])


def test_a_language_that_is_not_required_may_have_gaps() -> None:
    assert problems(catalogue(word("day")), catalogue(word("day")), required=False) == []


def test_update_fills_keeps_and_drops() -> None:
    here = catalogue(word("gone", "weg"), word("kept", "gebleven"))
    code = catalogue(word("new"), word("kept"), word("%(n)s day", msgid_plural="%(n)s days", msgstr_plural={0: "", 1: ""}))
    update(here, code, {"new": "nieuw", "kept": "anders", "%(n)s day": "%(n)s dag", "%(n)s days": "%(n)s dagen"})
    assert [(entry.msgid, entry.msgstr or entry.msgstr_plural) for entry in here] == [
        ("%(n)s day", {0: "%(n)s dag", 1: "%(n)s dagen"}),
        ("kept", "gebleven"),
        ("new", "nieuw"),
    ]


def test_pairs_are_read_and_a_line_without_tab_is_named(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_text("Save\tOpslaan\n\nOne\\nTwo\tEen\\nTwee\n")
    assert read_pairs([file]) == {"Save": "Opslaan", "One\nTwo": "Een\nTwee"}
    file.write_text("Save Opslaan\n")
    with pytest.raises(ValueError, match="line 1: no tab"):
        read_pairs([file])


def test_compiled_catalogue_speaks(tmp_path: Path) -> None:
    (tmp_path / "nl" / "LC_MESSAGES").mkdir(parents=True)
    source = catalogue(word("Save", "Opslaan"), word("Empty"))
    source.save(str(tmp_path / "nl" / "LC_MESSAGES" / "django.po"))
    [written] = compile_catalogues(tmp_path, tmp_path / "compiled")
    with written.open("rb") as file:
        speaks = gettext.GNUTranslations(file)
    assert (speaks.gettext("Save"), speaks.gettext("Empty")) == ("Opslaan", "Empty")
    assert [path.name for path in (tmp_path / "compiled").rglob("*") if path.is_file()] == ["django.mo"]


def test_dutch_is_among_the_catalogues() -> None:
    assert SOURCE / "nl" / "LC_MESSAGES" / "django.po" in catalogues()
