"""Files by column profile: which version holds, what a value looks like in it, what is missing, and the file itself.

Knows no report: only a Layout and the rows it describes. A profile names columns of the layout, so that nothing leaves
that the report did not declare (reporting/checks.py).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kvs.models import AuditEntry, User
from kvs.sheets import Dialect, harmless, write_for_machine
from reporting.models import ColumnProfile, ProfileColumn
from reporting.report import Block, Column, Delivery, Kind, Layout, Report, Table

FACTS = (  # what a version says beside its columns, as people fill it in
    *("valid_from", "separator", "quoting", "encoding", "line_end", "with_head"),
    *("date_form", "decimal_sign", "decimals", "rounding", "hour_minutes", "hours_over", "confirmed", "basis"),
)
LINE_ENDS = {"crlf": "\r\n", "lf": "\n"}
ROUNDING = {"down": ROUND_DOWN, "half_up": ROUND_HALF_UP}


OF_HOURS = ("decimal_sign", "decimals", "rounding", "hour_minutes")
CHOOSES_PERIOD = ("hours_over",)


def facts_of(layout: Layout) -> tuple[str, ...]:
    """The facts that matter for a file: nothing about hours when it has none."""
    has_hours = any(column.kind is Kind.MINUTES for column in layout.columns)
    idle = {*(() if has_hours else OF_HOURS), *(() if layout.chooses_period else CHOOSES_PERIOD)}
    return tuple(name for name in FACTS if name not in idle)


def layout_of(report: Report) -> Layout:
    """Its layout. Raises LookupError for a report whose file has none."""
    if report.layout is None:
        raise LookupError(report.code)
    return report.layout


def current(report: Report, day: dt.date) -> ColumnProfile:
    """The version that holds on `day`; as long as none is stored, the known facts as a version 1 that is not stored yet."""
    return ColumnProfile.objects.valid_on(report.code, day) or known(report)


def known(report: Report) -> ColumnProfile:
    """Version 1: what the domain notes know, not stored."""
    layout = layout_of(report)
    profile = ColumnProfile(report=report.code, version=1, valid_from=layout.known_from, **layout.facts)
    profile.parts = [
        ProfileColumn(
            profile=profile,
            position=position,
            head=column.head,
            source=column.source,
            codes={value: "" for value, _label in layout.column(column.source).values},
            required=column.required,
            confirmed=column.confirmed,
            basis=column.basis,
        )
        for position, column in enumerate(layout.known, start=1)
    ]
    return profile


# --- what a value looks like


def written(profile: ColumnProfile, part: ProfileColumn, layout: Layout, row: Any) -> str:
    """The value of `row` in this column, as it stands in the file. Raises KeyError for a source the layout lacks."""
    if not part.source:
        return ""
    column = layout.column(part.source)
    value = column.of(row)
    if value is None:
        return ""
    if column.values:
        return str(part.codes.get(str(value), ""))
    if column.kind is Kind.MINUTES:
        return hours_written(profile, value)
    if isinstance(value, dt.date):
        return date_written(profile.date_form, value)
    return harmless(" ".join(str(value).split()))  # one line, and no formula: only people's own text can begin like one


def date_written(form: str, day: dt.date) -> str:
    """A date in one of ColumnProfile.DateForm: "jjjjmmdd" -> "20260131"."""
    return form.replace("jjjj", f"{day.year:04}").replace("mm", f"{day.month:02}").replace("dd", f"{day.day:02}")


def hours_written(profile: ColumnProfile, minutes: int) -> str:
    """Minutes as hours, rounded here, once: 150 -> "2" or "2,5"."""
    step = Decimal(1).scaleb(-profile.decimals)
    hours = (Decimal(minutes) / profile.hour_minutes).quantize(step, ROUNDING[profile.rounding])
    return f"{hours:f}".replace(".", profile.decimal_sign)


# --- what stands in the way


def standing_blocks(report: Report, profile: ColumnProfile) -> list[Block]:
    """Why no file can be made whatever is asked: what the school lacks, and codes that nobody filled in."""
    layout = layout_of(report)
    url = reverse("reporting:layout_change", args=[report.code])
    empty = [
        Block(_("The codes for “%(head)s” are not filled in.") % {"head": part.head}, url, _("Fill in the codes"))
        for part in profile.parts
        if part.source and not _codes_complete(part, layout.column(part.source))
    ]
    return [*layout.needs(), *empty]


def _codes_complete(part: ProfileColumn, column: Column) -> bool:
    return all(part.codes.get(value) for value, _label in column.values)


def lacking(profile: ColumnProfile, layout: Layout, row: Any) -> Iterator[str]:
    """What is wrong with a row, as sentences without its values."""
    for part in profile.parts:
        text = written(profile, part, layout, row)
        head = {"head": part.head}
        if part.required and part.source and not text and not _code_unknown(part, layout, row):
            yield _("%(head)s is missing") % head
        if part.max_length and len(text) > part.max_length:
            yield _("%(head)s is longer than %(number)d characters") % {**head, "number": part.max_length}
        if not _fits(profile, text):
            yield _("%(head)s has a character that the file cannot hold") % head


def _code_unknown(part: ProfileColumn, layout: Layout, row: Any) -> bool:
    """Whether the row has a value and only its code is missing: the school's matter (`standing_blocks`), not the row's."""
    column = layout.column(part.source)
    return bool(column.values and column.of(row))


def _fits(profile: ColumnProfile, text: str) -> bool:
    try:
        write_for_machine([[text]], dialect(profile))
    except ValueError:
        return False
    return True


# --- the file


def dialect(profile: ColumnProfile) -> Dialect:
    """How the profile wants its CSV."""
    separator = "\t" if profile.separator == ColumnProfile.Separator.TAB else profile.separator
    return Dialect(separator, profile.quoting, profile.encoding, LINE_ENDS[profile.line_end])


def to_file(profile: ColumnProfile, layout: Layout, rows: Sequence[Any]) -> bytes:
    """The file, exactly as the profile says. Raises ValueError for a row of which `lacking` says that it does not fit."""
    lines = [[written(profile, part, layout, row) for part in profile.parts] for row in rows]
    heads = [[part.head for part in profile.parts]] if profile.with_head else []
    return write_for_machine([*heads, *lines], dialect(profile))


# --- the layout as a table, for the papers that go with the file


@dataclass(frozen=True)
class LayoutRow:
    """A column of the file, as people read it."""

    position: int
    head: str
    content: str
    codes: str
    confirmed: bool
    basis: str

    @property
    def state(self) -> str:
        """Whether somebody vouches for it, in words."""
        return state(self.confirmed)


def layout_rows(report: Report, profile: ColumnProfile) -> list[LayoutRow]:
    """What the file consists of, and what of it is not confirmed."""
    layout = layout_of(report)
    return [
        LayoutRow(part.position, part.head, filled_with(part, layout), codes_text(part, layout), part.confirmed, part.basis)
        for part in profile.parts
    ]


def filled_with(part: ProfileColumn, layout: Layout) -> str:
    """What fills a column: the head of the layout's own column."""
    return str(layout.column(part.source).head) if part.source else _("stays empty")


def codes_text(part: ProfileColumn, layout: Layout) -> str:
    """Its codes: "inburgeringscursus = I; ..."; a code nobody filled in is a question mark."""
    values = layout.column(part.source).values if part.source else ()
    return "; ".join(f"{label} = {part.codes.get(value) or '?'}" for value, label in values)


def state(confirmed: bool) -> str:
    """Whether somebody vouches for it."""
    return _("confirmed") if confirmed else _("not confirmed yet")


LAYOUT = Table(
    gettext_lazy("Columns of the file"),
    LayoutRow,
    (
        Column("position", pgettext_lazy("place in a row", "No."), ("reporting.ProfileColumn.position",), Kind.NUMBER),
        Column("head", gettext_lazy("Head"), ("reporting.ProfileColumn.head",)),
        Column("content", gettext_lazy("Filled with"), ("reporting.ProfileColumn.source",)),
        Column("codes", gettext_lazy("Codes"), ("reporting.ProfileColumn.codes",)),
        Column("state", gettext_lazy("State"), ("reporting.ProfileColumn.confirmed",)),
        Column("basis", gettext_lazy("Who says so"), ("reporting.ProfileColumn.basis",)),
    ),
    gettext_lazy("This layout has no columns."),
)


def remarks(profile: ColumnProfile, delivery: Delivery) -> Iterator[tuple[str, str]]:
    """For the papers: why there is no file, and by which version of the layout it is written."""
    if delivery.blocks:
        yield _("The file was not made"), " ".join(block.text for block in delivery.blocks)
    yield (
        _("Layout"),
        _("Version %(version)d, holds from %(day)s. How the file is written: %(state)s. %(basis)s")
        % {
            "version": profile.version,
            "day": date_format(profile.valid_from),
            "state": state(profile.confirmed),
            "basis": profile.basis,
        },
    )


# --- versions


@dataclass(frozen=True)
class Version:
    """A version of a layout: the days on which it holds (an empty period: it was replaced before it began), who, when."""

    number: int
    valid_from: dt.date
    valid_until: dt.date | None
    made_at: dt.datetime | None
    made_by: str

    @property
    def never(self) -> bool:
        """Whether a later version took its place before its first day."""
        return self.valid_until is not None and self.valid_until < self.valid_from


def history(versions: Sequence[ColumnProfile]) -> list[Version]:
    """Each of `versions`, the newest first: a version holds until a later one begins. Two queries."""
    keys = [str(found.pk) for found in versions]
    lines = AuditEntry.objects.filter(model="reporting.columnprofile", object_pk__in=keys).order_by("-id")
    made = {line.object_pk: line for line in lines}
    names = {
        user.audit_id: user.full_name
        for user in User.objects.filter(audit_id__in=[line.actor_audit_id for line in lines if line.actor_audit_id])
    }
    found: list[Version] = []
    next_start: dt.date | None = None
    for version in sorted(versions, key=lambda version: -version.version):
        line = made.get(str(version.pk))
        until = next_start - dt.timedelta(days=1) if next_start else None
        who = names.get(line.actor_audit_id, "") if line and line.actor_audit_id else ""
        found.append(Version(version.version, version.valid_from, until, line.at if line else None, who))
        next_start = min(next_start or version.valid_from, version.valid_from)
    return found
