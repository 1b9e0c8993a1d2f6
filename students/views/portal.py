"""The student's own pages: what the school holds, why and how long, who looked, and the language of the pages."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.db.models import Model, Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kvs import catalogue
from kvs.access import KvsRequest, role_required
from kvs.catalogue import Category, Field
from kvs.models import AccessEvent, Role
from kvs.retention import as_kept, chosen_periods
from kvs.terms import Period, Rectify
from students.forms import LanguageForm, programme_label
from students.models import Contract, CorrectionProposal, Enrolment, FieldSource, Programme, Student
from students.models.corrections import TOGETHER, proposable

View = Callable[..., HttpResponse]
PAGE_SIZE = 50
FIRST = ("identity", "contact")

# Why somebody looked: the codes of AccessEvent.reason in words.
REASONS: dict[str, str | Promise] = {
    "daily_work": gettext_lazy("daily work"),
    "report": gettext_lazy("opening a report"),
    "access_request": gettext_lazy("giving you a copy of everything"),
    "own_copy": gettext_lazy("your own copy"),
    "privacy_request": gettext_lazy("your question about your data"),
    "lesson_evidence": gettext_lazy("proof of an online lesson"),
    "privacy_complaint": gettext_lazy("your complaint"),
}


class Line(NamedTuple):
    """One thing the school holds. `url` and `verb` lead to correcting it; without them it is done at the desk."""

    label: str
    value: object
    sealed: bool
    url: str
    verb: str
    asked: CorrectionProposal | None


class Part(NamedTuple):
    """Lines about one row of the file, under its name."""

    title: str
    lines: list[Line]


class Section(NamedTuple):
    """Everything of one category: why, how long and for whom the catalogue says."""

    category: Category
    parts: list[Part]

    @property
    def first(self) -> bool:
        """What people come for: open from the start, the rest one tap away."""
        return self.category.code in FIRST


def own_file(view: View) -> View:
    """Let students in, each to the own file, which the view gets as second argument."""

    @wraps(view)
    @role_required(Role.STUDENT)
    def guarded(request: KvsRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mine = Student.objects.visible_to(request.user).select_related("user", "intake_location")
        student = mine.filter(user=request.user).first()
        if student is None:  # the account outlives an erased file for some days
            return render(request, "portal/no_file.html", status=404)
        return view(request, student, *args, **kwargs)

    return guarded


# --- what the school holds


@require_GET
@own_file
def own_data(request: KvsRequest, student: Student) -> HttpResponse:
    """Everything about the student, by category, with how each thing is corrected."""
    chosen = chosen_periods()
    sections = _sections(student, chosen)
    shown = {section.category.code for section in sections}
    context = {
        "student": student,
        "sections": sections,
        "others": [as_kept(row, chosen) for row in _categories_about_students() if row.code not in shown],
        "sources": FieldSource.objects.visible_to(request.user).filter(student=student).order_by("pk"),
    }
    return render(request, "portal/data.html", context)


@require_GET
@own_file
def own_numbers(request: KvsRequest, student: Student) -> HttpResponse:
    """The numbers that are kept sealed, on a page of their own: after a tap, not over somebody's shoulder."""
    lines = [
        (label_of(row, name), getattr(row, name), title)
        for title, row in _own_rows(student)
        for name in catalogue.sealed_fields(type(row))
        if name in catalogue.exported_fields(type(row)) and getattr(row, name)
    ]
    return render(request, "portal/numbers.html", {"lines": lines})


def _own_rows(student: Student) -> Iterator[tuple[str, Model]]:
    """The rows of the file with the name of each; the student's own row and account need none."""
    yield "", student
    if student.user:
        yield "", student.user
    programmes = student.programmes.prefetch_related(
        Prefetch("contracts", Contract.objects.select_related("client")),
        Prefetch("enrolments", Enrolment.objects.select_related("group").order_by("-starts_on")),
    )
    for programme in programmes:
        yield programme_label(programme), programme
        for contract in programme.contracts.all():
            yield _("Contract from %(day)s") % {"day": date_format(contract.starts_on)}, contract
        for enrolment in programme.enrolments.all():
            yield _("Group %(group)s") % {"group": enrolment.group.name}, enrolment


def _sections(student: Student, chosen: dict[str, Period]) -> list[Section]:
    asked = _latest_proposals(student)
    found: dict[str, Section] = {}
    for title, row in _own_rows(student):
        by_category: dict[str, list[Line]] = {}
        for field in _shown_fields(row):
            section = found.setdefault(field.category.code, Section(as_kept(field.category, chosen), []))
            line = _line(row, field, asked.get((_programme_key(row), field.name)))
            by_category.setdefault(section.category.code, []).append(line)
        for code, lines in by_category.items():
            found[code].parts.append(Part(title, lines))
    order = [*FIRST, *found]
    return sorted(found.values(), key=lambda section: order.index(section.category.code))


def _latest_proposals(student: Student) -> dict[tuple[object, str], CorrectionProposal]:
    """The last proposal of each field, by programme (None: the student) and field; the values stay sealed."""
    rows = student.corrections.defer("value").order_by("made_at")
    return {(row.programme_id, row.field): row for row in rows}


def _programme_key(row: Model) -> object:
    return row.pk if isinstance(row, Programme) else None


def _shown_fields(row: Model) -> list[Field]:
    """Personal columns that hold something of their own: no search words, no hashes; of an account only what is filled."""
    parts = {part for name, names in TOGETHER.items() for part in names if part != name}
    fields = [field for field in catalogue.fields_of(row) if not field.category.withhold and field.name not in parts]
    columns = {field.name: row._meta.get_field(field.name) for field in fields}
    filled = isinstance(row, Student | Programme)
    return [field for field in fields if columns[field.name].editable and (filled or getattr(row, field.name) not in (None, ""))]


def _line(row: Model, field: Field, asked: CorrectionProposal | None) -> Line:
    url, verb = _way_to_correct(row, field)
    sealed = catalogue.must_be_sealed(field) and bool(getattr(row, field.name))
    value = "" if sealed else _words(row, field.name)
    return Line(label_of(row, field.name), value, sealed, url, verb, asked)


def label_of(row: Model, name: str) -> str:
    """The name of a column as a heading; parts of a date of birth go by its name."""
    if name in TOGETHER:
        return _("Date of birth")
    label = str(row._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # columns, no reverse relations
    return label[:1].upper() + label[1:]


def _words(row: Model, name: str) -> object:
    """A value as people say it."""
    if isinstance(row, Student) and name in ("birth_year", "contact_language"):
        return row.birth_date_text if name == "birth_year" else row.contact_language_name
    if name == "language":
        return dict(settings.LANGUAGES).get(getattr(row, name), "")
    display = getattr(row, f"get_{name}_display", None)
    return as_text(display() if display else getattr(row, name))


def as_text(value: object) -> object:
    """Dates and yes or no in words; the rest as it is."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return date_format(value) if isinstance(value, dt.date) else value


def _way_to_correct(row: Model, field: Field) -> tuple[str, str]:
    if field.category.rectify is Rectify.DIRECT and isinstance(row, Student):
        return reverse("students:correct", args=[field.category.code]) + f"#id_{field.name}", _("Change")
    if isinstance(row, Student | Programme) and field.name in proposable(type(row)):
        own = [field.name] if isinstance(row, Student) else [row.pk, field.name]
        name = "students:propose" if isinstance(row, Student) else "students:propose_programme"
        return reverse(name, args=own), _("Not right?")
    return (reverse("students:language"), _("Change")) if field.name == "language" else ("", "")


def _categories_about_students() -> list[Category]:
    """Every category in which the school holds something about students or their accounts."""
    people = ("students.Student", "kvs.User")
    found: dict[str, Category] = {}
    for model in catalogue.load().models:
        if model.pseudonyms or any(_leads_to(model.label, path) in people for path in model.owners):
            for field in model.personal:
                found.setdefault(field.category.code, field.category)
    return list(found.values())


def _leads_to(label: str, path: str) -> str:
    here: Any = apps.get_model(label)
    for step in path.split("__"):
        if step != "self":
            here = here._meta.get_field(step).related_model
    return str(here._meta.label)


# --- who looked


@require_GET
@own_file
def who_looked(request: KvsRequest, student: Student) -> HttpResponse:
    """When, in which role and why others saw the file; never who (`?voor=<line>` goes back in time)."""
    events = AccessEvent.objects.filter(subject_audit_id=student.audit_id).exclude(viewer_audit_id=request.user.audit_id)
    before = request.GET.get("voor", "")
    if before.isascii() and before.isdigit() and len(before) < 19:  # a bigint
        events = events.filter(pk__lt=int(before))
    rows = list(events.order_by("-pk")[: PAGE_SIZE + 1])
    context = {
        "lines": [(event, REASONS.get(event.reason, event.reason)) for event in rows[:PAGE_SIZE]],
        "next_url": f"?voor={rows[PAGE_SIZE - 1].pk}" if len(rows) > PAGE_SIZE else None,
        "previous_url": reverse("students:who_looked") if before else None,
    }
    return render(request, "portal/who_looked.html", context)


# --- language


@require_http_methods(["GET", "POST"])
@own_file
def language(request: KvsRequest, student: Student) -> HttpResponse:
    """The language of the pages; a tap keeps the page one was on."""
    if request.method == "GET":
        return render(request, "portal/language.html")
    form = LanguageForm(request.POST)
    if form.is_valid():
        request.user.language = form.cleaned_data["language"]
        request.user.save(update_fields=["language"])
    else:
        messages.error(request, _("We do not have this language. Choose one of the list."))
    back = request.POST.get("next", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return HttpResponseRedirect(back)
    return redirect("attendance:portal")
