"""Words in other languages: `python -m kvs.translations compile | check | update [--from FILE...]`.

Only `locale/<language>/LC_MESSAGES/django.po` is committed. `compile` writes the `.mo` files Django reads into
KVS_VAR/locale without needing gettext; `update` and `check` read the words out of the code and need gettext's xgettext.
A FILE holds lines `message id<TAB>translation`; a line break is written `\\n`, a context as `context|message id`.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import polib

from kvs.environment import PROJECT, var_folder

SOURCE = PROJECT / "locale"
REQUIRED = "nl"  # the language that must be complete; other languages may wait for a reader
CODE = ("kvs", "students", "attendance", "exams", "reporting", "privacy", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def catalogues(folder: Path = SOURCE) -> list[Path]:
    """The `.po` files, one per language."""
    return sorted(folder.glob("*/LC_MESSAGES/django.po"))


def compile_catalogues(source: Path = SOURCE, target: Path | None = None) -> list[Path]:
    """Write the `.mo` of every language under `target` (KVS_VAR/locale); a reader never meets half a file."""
    target = target or var_folder() / "locale"
    written = []
    for catalogue in catalogues(source):
        path = target / catalogue.relative_to(source).with_suffix(".mo")
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(f".{os.getpid()}")  # two test processes may do this at once
        polib.pofile(str(catalogue)).save_as_mofile(str(half))
        half.replace(path)
        written.append(path)
    return written


def messages_in_code(project: Path = PROJECT) -> polib.POFile:
    """Every message id of code and templates, as Django's makemessages finds them. Needs xgettext.

    It works on a copy: makemessages writes beside what it reads. Raises subprocess.CalledProcessError when it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in CODE:
            shutil.copytree(project / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
        (copy / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--keep-pot", "--no-location", "--locale", REQUIRED]
        clean = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, env=clean, check=True, capture_output=True, text=True)  # noqa: S603  # our own
        return polib.pofile(str(copy / "locale" / "django.pot"))


def problems(catalogue: polib.POFile, code: polib.POFile, required: bool = True) -> list[str]:
    """What is wrong with a catalogue, a sentence each: not as in the code, empty, fuzzy, other placeholders."""
    in_code, here = {_key(entry) for entry in code}, {_key(entry) for entry in catalogue if not entry.obsolete}
    found = [f"not in the catalogue yet: {key!r}" for key in sorted(in_code - here)]
    found += [f"no longer in the code: {key!r}" for key in sorted(here - in_code)]
    for entry in catalogue:
        if entry.obsolete:
            continue
        texts = _texts(entry)
        if entry.fuzzy:
            found.append(f"fuzzy: {_key(entry)!r}")
        elif not all(texts):
            found += [f"empty: {_key(entry)!r}"] if required else []
        elif not _same_placeholders(entry):
            found.append(f"placeholders differ: {_key(entry)!r}")
    return found


def update(catalogue: polib.POFile, code: polib.POFile, pairs: dict[str, str]) -> None:
    """Bring a catalogue in step with the code and fill what `pairs` (message id -> translation) knows.

    A filled translation is kept; words that left the code leave the catalogue.
    """
    catalogue.merge(code)
    catalogue[:] = sorted((entry for entry in catalogue if not entry.obsolete), key=_key)
    for entry in catalogue:
        if entry.msgid_plural:
            ids = [_key(entry), entry.msgid_plural]
            for number, text in entry.msgstr_plural.items():
                entry.msgstr_plural[number] = text or pairs.get(ids[min(number, 1)], "")
        else:
            entry.msgstr = entry.msgstr or pairs.get(_key(entry), "")


def read_pairs(files: Iterable[Path]) -> dict[str, str]:
    """`message id<TAB>translation` lines; raises ValueError naming the line that has no tab."""
    pairs = {}
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if not line.strip():
                continue
            message, tab, text = line.partition("\t")
            if not tab:
                raise ValueError(f"{file}, line {number}: no tab between message id and translation.")
            pairs[message.replace("\\n", "\n")] = text.strip().replace("\\n", "\n")
    return pairs


def _key(entry: polib.POEntry) -> str:
    return f"{entry.msgctxt}|{entry.msgid}" if entry.msgctxt else str(entry.msgid)


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _same_placeholders(entry: polib.POEntry) -> bool:
    """A translation with another placeholder breaks the page. A singular may leave its number out ("one lesson")."""
    wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    *singular, last = [set(PLACEHOLDER.findall(text)) for text in _texts(entry)]
    return last == wanted and all(used <= wanted for used in singular)


def _run_check() -> int:
    code = messages_in_code()
    wrong = [
        f"{path.parts[-3]}: {problem}"
        for path in catalogues()
        for problem in problems(polib.pofile(str(path)), code, path.parts[-3] == REQUIRED)
    ]
    print("\n".join([*wrong, "Mend it with: python -m kvs.translations update"] if wrong else ["Translations are complete."]))
    return 1 if wrong else 0


def _run_update(files: list[Path]) -> int:
    code, pairs = messages_in_code(), read_pairs(files)
    for path in catalogues():
        catalogue = polib.pofile(str(path), wrapwidth=110)
        update(catalogue, code, pairs if path.parts[-3] == REQUIRED else {})
        catalogue.save(str(path))
        print(f"{path.parts[-3]}: {len(catalogue)} messages, {len(catalogue.untranslated_entries())} without translation")
        for entry in catalogue.untranslated_entries():
            print(f"{_key(entry)}\t".replace("\n", "\\n"))
    return 0


def main() -> int:
    """The command line; 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m kvs.translations")
    parser.add_argument("what", choices=["compile", "check", "update"])
    parser.add_argument("--from", dest="files", nargs="+", type=Path, default=[], help="lines: message id, tab, Dutch")
    chosen = parser.parse_args()
    if chosen.what == "compile":
        compile_catalogues()
        return 0
    return _run_check() if chosen.what == "check" else _run_update(chosen.files)


if __name__ == "__main__":
    sys.exit(main())
