"""List, search, page, new and change of students."""

import uuid

from django.contrib import messages
from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Min, Prefetch, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from stdnum.nl import bsn as elfproef

from kvs import audit, catalogue
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Location, Role, User
from kvs.pages import Sorts, counted, form_page, keep_search, kept_search, list_page
from students import rules
from students.actions import bsn_index, change_student, register_student
from students.forms import ListFilter, StudentForm
from students.models import Enrolment, Programme, Student
from students.models.groups import FAR_AWAY, active

EDITORS = (Role.ADMINISTRATION,)
PROGRAMME_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
PROGRESS_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.TEACHER, Role.MANAGEMENT)
FOLLOW_UP_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
CONSENT_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER)
DISCLOSURE_READERS = (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
LAST_LETTER = "\U0010ffff"  # sorts behind every name
BSN_SEARCHERS = (Role.ADMINISTRATION, Role.FINANCE, Role.PRIVACY_OFFICER)
LISTED = ("audit_id", "number", "given_names", "call_name", "infix", "surname")

SECTIONS = (
    (gettext_lazy("Name"), ("given_names", "call_name", "infix", "surname", "gender")),
    (
        gettext_lazy("Birth and origin"),
        ("birth", "birth_place", "birth_country", "nationality", "arrived_on", "residence_permit", "residence_permit_until"),
    ),
    (
        gettext_lazy("Address and contact"),
        ("street", "house_number", "postcode", "city", "phone", "email", "contact_language", "no_survey"),
    ),
    (
        gettext_lazy("Education, work and languages"),
        ("education_level", "school_years", "other_languages", "work_experience", "availability"),
    ),
    (gettext_lazy("Registration"), ("registered_on", "intake_location")),
)


@require_POST
@role_required(*STAFF)
def search(request: KvsRequest) -> HttpResponse:
    """Keep what was typed in the sealed session under a random word, so that no name stands in an address."""
    word = keep_search(request, "searches")
    return redirect(f"{reverse('students:list')}?q={word}" if word else "students:list")


@require_GET
@role_required(*STAFF)
def student_list(request: KvsRequest) -> HttpResponse:
    """Students this person may see, by name or another column, with search and filter."""
    typed = kept_search(request, "searches")
    chosen = ListFilter(request.GET, user=request.user)
    found = _filtered(request, chosen, typed)
    among = Student.objects.visible_to(request.user)
    page = list_page(request, _with_coming_groups(found.only(*LISTED)), among=among, sorts=_sorts())
    count, more = counted(found)
    audit.log_access(request.user, office_role(request.user), [row.audit_id for row in page.rows], AccessEvent.Kind.LIST)
    context = {
        "page": page,
        "typed": typed,
        "filter": chosen,
        "summary": _summary(count, more),
        "near": _near(request, typed) if typed and not page.rows else [],
        "may_edit": request.user.has_role(*EDITORS),
    }
    return render(request, "students/student_list.html", context)


def _sorts() -> Sorts:
    """By name within a group and within a first day; who has none of these today stands last."""
    today = timezone.localdate()
    by_name = ("sort_key", "number")
    running = active(today, "programmes__")
    placed = running & active(today, "programmes__enrolments__")
    # Aggregates, not a subquery per student: a school of ten thousand is sorted in one pass.
    group = Min(Lower("programmes__enrolments__group__name"), filter=placed)
    return {
        "name": by_name,
        "number": ("number",),
        "group": (Coalesce(group, Value(LAST_LETTER)), *by_name),
        "started": (Coalesce(Min("programmes__starts_on", filter=running), Value(FAR_AWAY)), *by_name),
    }


def _summary(count: int, more: bool) -> str:
    if more:
        return _("more than %(count)d students") % {"count": count}
    return ngettext("%(count)d student", "%(count)d students", count) % {"count": count}


def _filtered(request: KvsRequest, chosen: ListFilter, typed: str) -> "QuerySet[Student]":
    found = Student.objects.visible_to(request.user)
    if typed:
        digits = "".join(letter for letter in typed if letter.isdigit())
        if len(digits) == 9 and elfproef.is_valid(digits) and request.user.has_role(*BSN_SEARCHERS):
            found = Student.objects.visible_to(request.user.only_as(*BSN_SEARCHERS))
            return found.filter(programmes__bsn_index=bsn_index(digits)).distinct()
        found = found.matching(typed)
    options = chosen.cleaned_data if chosen.is_valid() else {}
    if options.get("group"):
        here = Enrolment.objects.active_on(timezone.localdate()).filter(group=options["group"])
        found = found.filter(pk__in=here.values("programme__student"))
    status = options.get("status", "")
    if status in ("", "former") and not (typed and status == ""):
        active = Programme.objects.active_on(timezone.localdate()).values("student")
        found = found.filter(pk__in=active) if status == "" else found.exclude(pk__in=active)
    return found


def with_groups(found: "QuerySet[Student]") -> "QuerySet[Student]":
    today = timezone.localdate()
    return found.prefetch_related(
        Prefetch("programmes", Programme.objects.active_on(today), to_attr="current_programmes"),
        Prefetch(
            "current_programmes__enrolments",
            Enrolment.objects.active_on(today).select_related("group"),
            to_attr="current_enrolments",
        ),
    )


def _with_coming_groups(found: "QuerySet[Student]") -> "QuerySet[Student]":
    """And the groups in which they begin later: who has a place is not without a group."""
    coming = Enrolment.objects.filter(starts_on__gt=timezone.localdate()).order_by("starts_on").select_related("group")
    return with_groups(found).prefetch_related(Prefetch("current_programmes__enrolments", coming, to_attr="coming_enrolments"))


def _near(request: KvsRequest, typed: str) -> list[Student]:
    """Names that look like what was typed, for somebody who typed it wrong."""
    likeness = TrigramWordSimilarity(rules.folded(typed), "search_text")
    near = Student.objects.visible_to(request.user).annotate(likeness=likeness).filter(likeness__gte=0.4)
    return list(near.order_by("-likeness", "sort_key")[:3])


@require_GET
@role_required(*STAFF)
def student_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The data of one student, as far as the role may read them."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user).select_related("intake_location")), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    context = {
        "student": student,
        "sections": _sections(request, student),
        "tabs": student_tabs(request.user, student, "students:detail"),
        "may_edit": request.user.has_role(*EDITORS),
    }
    return render(request, "students/student_page.html", context)


def readable_fields(user: User, student: Student) -> set[str]:
    """Fields that the roles in which `user` reaches this very student may read, from the catalogue."""
    roles = {Role(membership.role) for membership in user.active_memberships()}
    if len(roles) > 1:
        roles = {role for role in roles if Student.objects.visible_to(user.only_as(role)).filter(pk=student.pk).exists()}
    return {name for role in roles for name in catalogue.readable_by(Student, role)}


def _sections(request: KvsRequest, student: Student) -> list[tuple[object, list[tuple[str, object]]]]:
    readable = readable_fields(request.user, student)
    shown: list[tuple[object, list[tuple[str, object]]]] = []
    for title, names in SECTIONS:
        lines = [_line(student, name) for name in names if name in readable or (name == "birth" and "birth_year" in readable)]
        if lines:
            shown.append((title, lines))
    return shown


def _line(student: Student, name: str) -> tuple[str, object]:
    if name == "birth":
        return _("Date of birth"), student.birth_date_text
    if name == "contact_language":
        return _("Language to be addressed in"), student.contact_language_name
    if name == "no_survey":
        return _("May be asked for the survey of Blik op Werk"), _("no") if student.no_survey else _("yes")
    field = Student._meta.get_field(name)
    choice = getattr(student, f"get_{name}_display", None)
    return str(field.verbose_name), choice() if choice else getattr(student, name)  # type: ignore[union-attr]


def student_tabs(user: User, student: Student, current: str) -> list[dict[str, object]]:
    """The tabs of the student page that `user` may open; each belongs to the app that owns the data."""
    tabs = (
        (_("Data"), "students:detail", tuple(STAFF)),
        (_("Timeline"), "reporting:student_timeline", tuple(STAFF - {Role.SYSTEM_ADMINISTRATOR})),
        (_("Programme and contract"), "students:programmes", PROGRAMME_READERS),
        (_("Follow-up"), "attendance:student_follow_ups", FOLLOW_UP_READERS),
        (_("Progress and exams"), "reporting:student_progress", PROGRESS_READERS),
        (_("Consents"), "privacy:consents", CONSENT_READERS),
        (_("Invoices"), "privacy:student_invoices", (Role.FINANCE,)),
        (_("Given to others"), "reporting:student_disclosures", DISCLOSURE_READERS),
        (_("Privacy"), "privacy:student", (Role.PRIVACY_OFFICER,)),
    )
    return [
        {"label": label, "url": reverse(name, args=[student.pk]), "current": name == current}
        for label, name, roles in tabs
        if user.has_role(*roles)
    ]


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def student_add(request: KvsRequest) -> HttpResponse:
    """Register somebody new."""
    form = StudentForm(form_data(request), locations=Location.objects.where_held(request.user, *EDITORS))

    def act() -> Student:
        fields = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return register_student(by=request.user, **fields)

    def done(student: Student) -> str:
        messages.success(
            request, _("%(name)s is registered under number %(number)s.") % {"name": student.full_name, "number": student.number}
        )
        return reverse("students:detail", args=[student.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("New student"),
        template="components/form_sections.html",
        verb=_("Register student"),
        parent=_("Students"),
        parent_url=reverse("students:list"),
    )


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def student_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change the data of a student."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = StudentForm(form_data(request), instance=student, locations=Location.objects.where_held(request.user, *EDITORS))

    def act() -> Student:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return change_student(student=student, version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    def done(saved: Student) -> str:
        messages.success(request, _("The data of %(name)s are saved.") % {"name": saved.full_name})
        return reverse("students:detail", args=[saved.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Change data"),
        template="components/form_sections.html",
        verb=_("Save"),
        parent=student.full_name,
        parent_url=reverse("students:detail", args=[student.pk]),
    )
