"""Looking at a file: which sheet, which columns, what every cell says, who the rows are about. Writes nothing.

`look` is done by a worker and its outcome kept sealed; `understand` does the same once more when the rows go in, with
what was decided; `Check` is the outcome as the page shows it.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_noop

from kvs import importing
from kvs.importing import Header, Kind, Reading
from kvs.models import User
from kvs.reading import Sheet, Value
from students import rules
from students.actions.imports import Choice
from students.actions.intake import Intake
from students.importer import rows as assembling
from students.importer import words
from students.importer.columns import BY_CODE, COLUMNS, FREE_TEXT, MODELS, NAMING, NOT_A_COLUMN
from students.importer.matching import find_erased, find_people, names_of
from students.importer.rows import LEAVE_EMPTY, LEFT_EMPTY, Finding, School, cell_name, columns_by_code
from students.models import ImportLayout, ImportRun
from students.models.imports import IMPORTERS

Progress = Callable[[int, int | None, str], None]
READING_CELLS = gettext_noop("Reading the rows")
SAMPLES = 3  # examples of a column
SENTENCE = 6  # words of a cell that tells something instead of naming it


@dataclass
class Understood:
    """One row: what it would write, and what is still asked about it."""

    intake: Intake
    asks: list[Finding] = field(default_factory=list)
    note: str = ""  # what it says when it looks like a remark under the list instead of a person


@dataclass
class Layout:
    """The sheet that is read and what its columns mean."""

    sheet: Sheet
    header: Header | None
    mapping: dict[str, str]
    guesses: list[importing.Guess]

    @property
    def first(self) -> int:
        """Index of the first row behind the titles."""
        return self.header.row + 1 if self.header else 0


def layout_of(sheets: Sequence[Sheet], run: ImportRun) -> tuple[int, Layout]:
    """The chosen sheet, or the one with most known titles; columns as chosen, as remembered, or as recognised."""
    headers = [importing.find_header(sheet.rows, COLUMNS) for sheet in sheets]
    chosen = run.sheet
    if chosen is None or chosen >= len(sheets):
        chosen = max(range(len(sheets)), key=lambda number: _known_titles(sheets[number], headers[number]))
    sheet, header = sheets[chosen], headers[chosen]
    if header is None:
        header = _first_row(sheet)
    if header is None:
        return chosen, Layout(sheet, None, {}, [])
    guesses = importing.recognise(header, sheet.rows[header.row + 1 :], COLUMNS)
    remembered = ImportLayout.objects.filter(key=importing.layout_key(header.titles)).values_list("mapping", flat=True).first()
    mapping = run.mapping if run.mapping is not None and run.sheet is not None else remembered
    if mapping is not None:
        chosen_codes = [mapping.get(str(number), "") for number in range(len(guesses))]
        guesses = [
            guess if code == guess.code else importing.Guess(code, importing.SURE, importing.BY_MEMORY)
            for code, guess in zip(chosen_codes, guesses, strict=True)
        ]
    return chosen, Layout(sheet, header, {str(number): guess.code for number, guess in enumerate(guesses) if guess.code}, guesses)


def _first_row(sheet: Sheet) -> Header | None:
    """Where no title is known: the first filled row, so that a person can say what its columns mean."""
    filled = (number for number, row in enumerate(sheet.rows) if any(cell not in (None, "") for cell in row))
    number = next(filled, None)
    return None if number is None else Header(number, tuple(_plain(cell) for cell in sheet.rows[number]))


def _known_titles(sheet: Sheet, header: Header | None) -> tuple[bool, int, int]:
    known = len([guess for guess in importing.recognise(header, sheet.rows, COLUMNS) if guess.code]) if header else 0
    return not sheet.hidden, known, len(sheet.rows)


def understand(layout: Layout, run: ImportRun, user: User, choices: Mapping[str, Choice], progress: Progress) -> list[Understood]:
    """Every filled row behind the titles, with what was decided about its cells. `user`: who may see which students."""
    school, columns = School.seen_by(user), columns_by_code(layout.mapping)
    start, law = timezone.localdate(run.started_at), "" if "law" in columns else run.law
    found: list[Understood] = []
    lines = layout.sheet.rows[layout.first :]
    orders = {code: importing.date_order([it[column] for it in lines if column < len(it)]) for code, column in columns.items()}
    for index, line in enumerate(lines):
        if any(cell not in (None, "") for cell in line):
            found.append(_understand_row(layout.first + index + 1, line, columns, orders, school, choices, start, law))
            found[-1].note = note_in(line, columns)
        if index % 200 == 0:
            progress(index, len(lines), READING_CELLS)
    found = _without_notes(found, choices)
    asked, before = find_people([each.intake for each in found], user)
    for each in found:
        each.intake.nothing_new = each.intake.number in before
        if finding := asked.get(each.intake.number):
            _decide_person(each, finding, choices.get(cell_name(None, each.intake.number)))
        if each.intake.nothing_new:
            each.asks = []
    return _without_erased(found, asked, choices)


def _without_erased(found: list[Understood], asked: Mapping[int, Finding], choices: Mapping[str, Choice]) -> list[Understood]:
    """Asks about people whose data the school erased, and leaves out whom somebody says so: no old list brings them back
    unseen. Rows that ask already whether they are about somebody known are not among them.
    """
    rows = [each.intake for each in found if each.intake.number not in asked and not each.intake.nothing_new]
    erased = find_erased(rows)
    for each in found:
        if each.intake.number in erased and cell_name(None, each.intake.number) not in choices:
            fields = each.intake.student
            shown = " ".join(filter(None, (fields.get(part) for part in ("call_name", "infix", "surname"))))
            each.asks.insert(0, Finding(None, "row", WAS_ERASED, shown, LEAVE_OUT))
    out = {number for number in erased if choices.get(cell_name(None, number)) == ["accept"]}
    return [each for each in found if each.intake.number not in out]


WAS_ERASED = gettext_noop("The data of this person were erased here. Take the row in only when the person comes back.")


def note_in(line: Sequence[Value], columns: Mapping[str, int]) -> str:
    """What a row says that fills nothing but a name, or begins with a word of totals and footers; else nothing."""
    filled = [number for number, cell in enumerate(line) if cell not in (None, "")]
    column = next((columns[code] for code in NAMING if columns.get(code) in filled), None)
    if column is None:
        return ""
    text = _plain(line[column])
    begins = importing.folded(text).split(" ")[0] in words.FOOTERS
    return text[:60] if begins or (len(filled) == 1 and len(columns) > 1) else ""


def _without_notes(found: list[Understood], choices: Mapping[str, Choice]) -> list[Understood]:
    """Leaves out what somebody said is no person, and asks about the others. Where most rows are a name alone, none is odd."""
    notes = [each for each in found if each.note]
    if 2 * len(notes) > len(found):
        return found
    for each in notes:
        if cell_name(None, each.intake.number) not in choices:
            each.asks.insert(0, Finding(None, "row", NO_PERSON, each.note, LEAVE_OUT))
    return [each for each in found if not (each.note and choices.get(cell_name(None, each.intake.number)) == ["accept"])]


NO_PERSON = gettext_noop("This looks like a remark under the list, not like a person.")
LEAVE_OUT = gettext_noop("Leave this row out")


def _understand_row(
    number: int,
    line: Sequence[Value],
    columns: dict[str, int],
    orders: Mapping[str, importing.Order],
    school: School,
    choices: Mapping[str, Choice],
    start: dt.date,
    law: str,
) -> Understood:
    values: dict[str, Any] = {}
    asks: list[Finding] = []
    emptied: list[tuple[int | None, str]] = []
    raw = {code: line[column] if column < len(line) else None for code, column in columns.items()}
    for code, column in columns.items():
        value, finding = read_cell(code, raw[code], start, orders[code])
        choice = choices.get(cell_name(column, number))
        if finding and choice is None:
            finding.column = column
            asks.append(finding)
        elif choice:
            near = school.near(code, _plain(raw[code])) if choice[0] == "accept" else None
            value = near or _decided(code, finding, choice, start)
            if value is None:
                emptied.append((column, LEFT_EMPTY.get(code, assembling.EMPTIED)))
        values[code] = value
    intake, found = assembling.assemble(number, values, columns, school, start, law)
    asked = {it.column for it in asks}
    born = next((it.value for it in asks if it.kind == Kind.BIRTH_DATE.value and it.value), ())
    intake.proposed = dict(zip(("birth_year", "birth_month", "birth_day"), born, strict=False))
    asks += [it for it in found if it.column not in asked]
    if not intake.bsn and raw.get("bsn") not in (None, "") and not _may_hold_bsn(intake, values):
        intake.number_left_out = True  # then nothing about the number matters, and nothing of it is kept
        intake.lawless = not intake.programme
        asks = [it for it in asks if it.kind != Kind.BSN.value]
        emptied = [it for it in emptied if it[0] != columns.get("bsn")]
    intake.problems += emptied
    plain = {code: _plain(cell) for code, cell in raw.items()}
    intake.key = assembling.row_key(plain, with_bsn=not intake.number_left_out, law=law)
    return Understood(intake, assembling.in_order(asks))


def _may_hold_bsn(intake: Intake, values: Mapping[str, Any]) -> bool:
    law = str(intake.programme.get("law", ""))
    return bool(law and rules.bsn_ground(law, has_duo_loan=bool(values.get("has_duo_loan"))))


def _plain(cell: Value) -> str:
    return " ".join(str(cell).split()) if cell is not None else ""


def read_cell(code: str, cell: Value, today: dt.date, order: importing.Order) -> tuple[Any, Finding | None]:
    """The certain value of a cell, or what is to be asked about it. `order`: of the dates of its column."""
    column = BY_CODE[code]
    reading = importing.interpret(column, cell, today, order)
    if reading.certain:
        value = _as_stored(code, reading.value)
        why = unfit(code, value)
        return (value, None) if not why else (None, Finding(None, column.kind.value, why, _shown(column, cell), LEAVE_EMPTY))
    offered = _as_stored(code, reading.offered)
    usable = offered is not None and not unfit(code, offered)
    finding = Finding(None, column.kind.value, reading.why, _shown(column, cell), value=offered if usable else None)
    finding.offer = in_words(column.kind, offered) if usable else LEAVE_EMPTY
    return None, finding


def _as_stored(code: str, value: Any) -> Any:
    if code == "has_duo_loan" and value is not None:
        return value == "1"
    return value.upper() if code == "number" and isinstance(value, str) else value


def unfit(code: str, value: Any) -> str:
    """Why the school's own column does not take this value (too long, no address), or nothing."""
    if value in (None, "") or code in NOT_A_COLUMN or code not in MODELS:
        longest = 200 if code.startswith("name_") else 120
        return TOO_LONG if isinstance(value, str) and len(value) > longest else ""
    return assembling.fits(MODELS[code], code, value)


TOO_LONG = gettext_noop("This text is too long.")


def _shown(column: importing.Column, cell: Value) -> str:
    """What the page shows of a cell. Of a BSN only how many digits and the last two."""
    if column.kind is Kind.BSN:
        digits = "".join(letter for letter in str(cell) if letter.isdigit())
        return f"{len(digits)}:{digits[-2:]}"
    return f"{cell:%d-%m-%Y}" if isinstance(cell, dt.date) else " ".join(str(cell).replace("\x00", "").split())[:60]


def in_words(kind: Kind, value: Any) -> str:
    """A proposal as it is kept for the page (page.offered): a message id, a value, or a date as "1988-04-03" or "1988--"."""
    if kind is Kind.BSN:
        return WITH_ZERO
    if kind is Kind.BIRTH_DATE and isinstance(value, tuple):
        return "-".join("" if part is None else str(part) for part in value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)


WITH_ZERO = gettext_noop("With a 0 in front it passes the check")
NOT_DECIDED = gettext_noop("Nobody decided about this yet.")


def _decided(code: str, finding: Finding | None, choice: Choice, today: dt.date) -> Any:
    """The value after somebody's decision; None: the cell is left empty."""
    if choice[0] == "value":
        return read_typed(code, choice[1], today)[0]
    return finding.value if choice[0] == "accept" and finding else None


def read_typed(code: str, typed: str, today: dt.date) -> tuple[Any, str]:
    """What somebody typed instead, and what is wrong with it, if anything. A date of birth may be a year alone."""
    reading = importing.interpret(BY_CODE[code], typed, today)
    if reading.why == importing.PARTLY and reading.offered is not None:
        reading = Reading(reading.offered)
    value = _as_stored(code, reading.value)
    return (value, "") if reading.certain and not unfit(code, value) else (None, reading.why or unfit(code, value))


def _decide_person(each: Understood, finding: Finding, choice: Choice | None) -> None:
    if finding.refused or choice is None:
        each.asks.insert(0, finding)
    elif choice == ["accept"]:
        each.intake.known, each.intake.same_as = finding.known, finding.same_as


# --- what is kept for the page


def look(
    sheets: Sequence[Sheet], run: ImportRun, user: User, progress: Progress, choices: Mapping[str, Choice] | None = None
) -> tuple[dict[str, Any], list[Any]]:
    """All that the page shows, as JSON keeps it, and the audit_ids of the students it names. `choices`: of an earlier look."""
    user = user.only_as(*IMPORTERS)
    chosen, layout = layout_of(sheets, run)
    found = understand(layout, run, user, {}, progress)
    if choices:
        _ask_who(found, understand(layout, run, user, _about_cells(found, choices), progress))
    people = names_of([ask.known for each in found for ask in each.asks if ask.known])
    return {
        "sheets": [{"name": sheet.name[:60], "rows": len(sheet.rows), "hidden": sheet.hidden} for sheet in sheets],
        "sheet": chosen,
        "mapping": layout.mapping,
        "layout": importing.layout_key(layout.header.titles) if layout.header else "",
        "head_row": layout.header.row + 1 if layout.header else None,
        "columns": _columns(layout),
        "rows": [each.intake.number for each in found],
        "no_ground": [each.intake.number for each in found if each.intake.number_left_out],
        "no_law": _without_law(found, layout),
        "unchanged": sum(each.intake.nothing_new for each in found),
        "cells": [_line(each.intake.number, ask, people) for each in found for ask in each.asks],
    }, [audit_id for _number, audit_id in people.values()]


def _about_cells(found: Sequence[Understood], choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """What was decided about cells that are still asked; nothing about whole rows."""
    asked = {cell_name(ask.column, each.intake.number) for each in found for ask in each.asks if ask.column is not None}
    return {cell: choice for cell, choice in choices.items() if cell in asked}


def _ask_who(found: Sequence[Understood], decided: Sequence[Understood]) -> None:
    """Ask also whether a row is about somebody known when that shows only after what was typed for its cells."""
    people = {each.intake.number: ask for each in decided for ask in each.asks if ask.kind == "person"}
    for each in found:
        finding = people.get(each.intake.number)
        if finding and not any(ask.kind == "person" for ask in each.asks):
            each.asks.insert(0, finding)


def _without_law(found: Sequence[Understood], layout: Layout) -> list[int]:
    """The rows of which something stays behind for want of a law, and of which no cell that could name one is still asked."""
    columns = columns_by_code(layout.mapping)
    naming = {columns[code] for code in assembling.NAMING_LAW if code in columns}
    rows = [each for each in found if each.intake.lawless and not each.intake.nothing_new]
    return [each.intake.number for each in rows if not naming & {ask.column for ask in each.asks}]


def _line(number: int, ask: Finding, people: Mapping[Any, tuple[str, Any]]) -> dict[str, Any]:
    about = people[ask.known][0] if ask.known in people else str(ask.same_as or "")
    return {
        "cell": cell_name(ask.column, number),
        "row": number,
        "column": ask.column,
        "kind": ask.kind,
        "why": ask.why,
        "about": about,
        "shown": ask.shown,
        "offer": ask.offer,
        "value": ask.value is not None,  # whether accepting stores something
        "refused": ask.refused,
    }


def _columns(layout: Layout) -> list[dict[str, Any]]:
    titles = layout.header.titles if layout.header else ()
    return [
        {
            "number": number,
            "letter": assembling.letters(number),
            "head": title[:60],
            "samples": "" if numbers else _samples(layout, number),
            "numbers": numbers,
            "certainty": layout.guesses[number].certainty,
            "because": layout.guesses[number].because,
            "free_text": _may_hold_health(layout, number, title),
        }
        for number, title in enumerate(titles)
        if (numbers := _looks_like_bsn(layout, number)) or title or _values(layout, number)
    ]


def _values(layout: Layout, number: int) -> list[Value]:
    lines = layout.sheet.rows[layout.first :]
    return [row[number] for row in lines if number < len(row) and row[number] not in (None, "")]


def _may_hold_health(layout: Layout, number: int, title: str) -> bool:
    """Whether a column that comes along as it is written is called a remark, or has sentences in it."""
    code = layout.mapping.get(str(number), "")
    if not code or BY_CODE[code].kind is not Kind.TEXT:
        return False
    sentences = code in FREE_TEXT and any(len(_plain(it).split()) >= SENTENCE for it in _values(layout, number))
    return sentences or not words.REMARKS.isdisjoint(importing.folded(title).split())


def _looks_like_bsn(layout: Layout, number: int) -> list[int] | None:
    """For a column of BSNs, or what looks like one: how many pass the elfproef, and of how many. Its values are not shown."""
    read = [importing.interpret(BY_CODE["bsn"], value, dt.date.max) for value in _values(layout, number)]
    good = sum(each.certain for each in read)
    return [good, len(read)] if layout.mapping.get(str(number)) == "bsn" or good * 2 > len(read) else None


def _samples(layout: Layout, number: int) -> str:
    """The first different values of a column."""
    shown = dict.fromkeys(f"{it:%d-%m-%Y}" if isinstance(it, dt.date) else _plain(it)[:24] for it in _values(layout, number))
    return " · ".join(list(shown)[:SAMPLES])
