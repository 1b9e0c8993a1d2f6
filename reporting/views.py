"""Pages of reporting: ask for a report, watch it being made, take its files, record that one was handed over, and how the
files are laid out that a machine of the recipient reads.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.files import open_file
from kvs.jobs import request_cancel
from kvs.models import AccessEvent, Job, JobState, Organisation, PolicyVersion, Role, SealedFile, SealedFilePerson
from kvs.pages import Sorts, form_page, list_page
from kvs.pdf import pdf_available
from reporting import actions, processing, profile, rules
from reporting.forms import HandOverForm, LayoutForm
from reporting.models import READERS, ColumnProfile, Disclosure, ReportFile, ReportRun
from reporting.report import Report, reports, reports_for
from students.models import Student

SORTS: Sorts = {
    "report": ("report", "requested_at", "pk"),
    "client": (Lower(Coalesce("client__name", Value(""))), "requested_at", "pk"),
    "asked": ("requested_at", "pk"),
}
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


@require_GET
@role_required(*READERS)
def report_list(request: KvsRequest) -> HttpResponse:
    """What can be made, and what was made lately."""
    runs = ReportRun.objects.visible_to(request.user).select_related("client", "job", "requested_by")
    page = list_page(request, runs, among=runs, sorts=SORTS, default="-asked")
    context = {"reports": reports_for(request.user), "page": page, "kept_days": rules.FILES_KEPT_DAYS}
    return render(request, "reporting/report_list.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def report_ask(request: KvsRequest, code: str) -> HttpResponse:
    """Say what the report is to be about. Raises 403 for a report that is for other roles."""
    report = _report_for(request, code)
    form = report.form(form_data(request))

    def act() -> ReportRun:
        return actions.ask_report(report=report, asked=form.cleaned_data, by=request.user)

    return form_page(
        request,
        form,
        act=act,
        done=lambda run: reverse("reporting:run", args=[run.pk]),
        template="reporting/report_ask.html",
        report=report,
        no_pdf=pdf_available(),
        title=report.title,
        verb=_("Make file") if report.layout else _("Make report"),
        **_layout_context(report),
        parent=_("Reports"),
        parent_url=reverse("reporting:list"),
    )


def _layout_context(report: Report) -> dict[str, Any]:
    """What stands in the way of the file of a report, and what of its layout nobody has confirmed."""
    if report.layout is None:
        return {}
    present = profile.current(report, timezone.localdate())
    return {
        "layout": present,
        "layout_rows": profile.layout_rows(report, present),
        "blocks": profile.standing_blocks(report, present),
    }


def _report_for(request: KvsRequest, code: str) -> Report:
    report = reports().get(code)
    if report is None:
        raise Http404
    if not request.user.has_role(*report.roles):
        raise PermissionDenied(", ".join(str(role.label) for role in sorted(report.roles)))
    return report


def _run(request: KvsRequest, pk: uuid.UUID) -> ReportRun:
    runs = ReportRun.objects.visible_to(request.user).select_related("client", "job", "requested_by", "profile")
    return get_object_or_404(runs, pk=pk)


@require_GET
@role_required(*READERS)
def run_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How far a report is; once made, its files and to whom it was handed."""
    run = _run(request, pk)
    handed = Disclosure.objects.visible_to(request.user).filter(report=run.report, parameters=run.parameters)
    files = sorted(run.files.select_related("file").all(), key=lambda file: not file.name)  # the recipient's own first
    page = next((file for file in files if file.format == ReportFile.Format.HTML), None)
    context = {
        **_progress_context(request, run),
        "files": files,
        "page": reverse("reporting:file", args=[run.pk, page.pk]) if page else "",
        "disclosures": handed.select_related("client", "by"),
        "no_pdf": pdf_available() or _too_long(files),
        "kept_days": rules.FILES_KEPT_DAYS,
        "layout": run.profile,
        "layout_rows": profile.layout_rows(run.definition, run.profile) if run.profile else [],
    }
    return render(request, "reporting/run_page.html", context)


def _too_long(files: list[ReportFile]) -> str:
    """Why there is no PDF among the files; nothing when there is one, or when all are gone."""
    if not files or any(file.format == ReportFile.Format.PDF for file in files):
        return ""
    text = _("Of a report of more than %(rows)s lines no PDF is made. Use the page to print, the workbook or the CSV.")
    return text % {"rows": number_format(rules.PDF_ROWS, force_grouping=True)}


@require_GET
@role_required(*READERS)
def run_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for every second; once the report is there the whole page is loaded again."""
    run = _run(request, pk)
    if run.state not in UNFINISHED:
        return HttpResponseClientRefresh()
    return render(request, "reporting/_progress.html", _progress_context(request, run))


def _progress_context(request: KvsRequest, run: ReportRun) -> dict[str, Any]:
    return {
        "run": run,
        "waiting": run.state in UNFINISHED,
        "what": _(run.job.doing) if run.job and run.job.doing else _("The report waits for its turn"),
        "may_stop": run.requested_by == request.user,
    }


@require_POST
@role_required(*READERS)
def run_stop(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop making it. Only who asked for it may."""
    run = _run(request, pk)
    request_cancel(get_object_or_404(Job.objects.visible_to(request.user), pk=run.job_id))
    messages.success(request, _("The report is being stopped."))
    return redirect("reporting:run", pk=run.pk)


@require_GET
@role_required(*READERS)
def run_file(request: KvsRequest, pk: uuid.UUID, file: uuid.UUID) -> HttpResponse:
    """A file of a report. Everyone in it can see that it was opened."""
    run = _run(request, pk)
    found = get_object_or_404(run.files.select_related("file__sealed"), pk=file)
    try:
        content = open_file(found.file)
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired
    people = SealedFilePerson.objects.filter(file=found.file_id).values_list("audit_id", flat=True)
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.EXPORT, reason="report")
    answer = HttpResponse(content, content_type=found.file.content_type)
    if found.format != ReportFile.Format.HTML:
        answer["Content-Disposition"] = f'attachment; filename="{_file_name(run, found)}"'
    return answer


def _file_name(run: ReportRun, file: ReportFile) -> str:
    parts = [run.definition.title, run.period, run.client.name if run.client else "", f"v{run.version}"]
    table = f"-{file.table}" if file.table > 1 else ""
    if file.name:
        return file.name
    return f"{slugify(' '.join(str(part) for part in parts))}{table}.{file.format}"


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def run_hand_over(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record that a file went to the recipient."""
    run = _run(request, pk)
    if not run.made_at or run.definition.recipient is None or run.held_up:
        raise Http404
    form = HandOverForm(form_data(request), run=run)

    def act() -> Disclosure:
        return actions.hand_over(by=request.user, **form.cleaned_data)

    def done(disclosure: Disclosure) -> str:
        messages.success(request, _("The hand-over is recorded. The students in the report can see it."))
        return reverse("reporting:run", args=[run.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="reporting/hand_over.html",
        run=run,
        title=_("Hand over all the same") if run.waits else _("Hand over"),
        verb=_("Record hand-over"),
        parent=run.title,
        parent_url=reverse("reporting:run", args=[run.pk]),
    )


LAYOUT_EDITORS = (Role.ADMINISTRATION,)


@require_GET
@role_required(*READERS)
def layout_page(request: KvsRequest, code: str) -> HttpResponse:
    """How the file of a report is written, what of it is confirmed, and every version there was."""
    report = _layout_report(request, code)
    versions = list(ColumnProfile.objects.filter(report=code).order_by("-version")) or [profile.known(report)]
    present = profile.current(report, timezone.localdate())
    asked = request.GET.get("versie", "")
    shown = next((found for found in versions if str(found.version) == asked), present)
    context = {
        "report": report,
        "layout": shown,
        "present": present,
        "facts": [(capfirst(shown._meta.get_field(name).verbose_name), _fact(shown, name)) for name in _shown_facts(report)],  # type: ignore[union-attr]  # columns
        "layout_rows": profile.layout_rows(report, shown),
        "blocks": profile.standing_blocks(report, present),
        "history": profile.history(versions),
        "may_edit": request.user.has_role(*LAYOUT_EDITORS),
    }
    return render(request, "reporting/layout_page.html", context)


def _shown_facts(report: Report) -> list[str]:
    return [name for name in profile.facts_of(profile.layout_of(report)) if name not in ("valid_from", "confirmed")]


def _fact(found: ColumnProfile, name: str) -> Any:
    value = getattr(found, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return getattr(found, f"get_{name}_display", lambda: value)()


def _layout_report(request: KvsRequest, code: str) -> Report:
    report = _report_for(request, code)
    if report.layout is None:
        raise Http404
    return report


@require_http_methods(["GET", "POST"])
@role_required(*LAYOUT_EDITORS)
def layout_change(request: KvsRequest, code: str) -> HttpResponse:
    """Make a new version of a layout from the newest there is."""
    report = _layout_report(request, code)
    newest = ColumnProfile.objects.filter(report=code).order_by("-version").first() or profile.known(report)
    form = LayoutForm(form_data(request), report=report, present=newest)

    def act() -> ColumnProfile:
        version = form.cleaned_data["version"] or 0
        return actions.change_layout(report=report, version=version, by=request.user, facts=form.facts(), columns=form.columns())

    def done(made: ColumnProfile) -> str:
        messages.success(request, _("Version %(version)d of the layout is saved.") % {"version": made.version})
        return reverse("reporting:layout", args=[code])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="components/form_sections.html",
        title=_("New version of the layout"),
        intro=_("A version that files were made by stays as it is. What you change here becomes a new version."),
        verb=_("Save new version"),
        parent=_("Layout"),
        parent_url=reverse("reporting:layout", args=[code]),
    )


@require_GET
@role_required(Role.STUDENT)
def own_disclosures(request: KvsRequest) -> HttpResponse:
    """To whom the school handed a report with the student in it."""
    disclosures = Disclosure.objects.visible_to(request.user).filter(people__audit_id__in=_own_audit_ids(request))
    return render(request, "reporting/own_disclosures.html", {"disclosures": disclosures.select_related("client")})


def _own_audit_ids(request: KvsRequest) -> list[uuid.UUID]:
    return list(Student.objects.filter(user=request.user).values_list("audit_id", flat=True))


@require_GET
@login_not_required
def data_and_why(request: HttpRequest) -> HttpResponse:
    """The public page: which data the school keeps of people and why. Straight from the data catalogue."""
    context = {
        "school": Organisation.objects.first(),
        "policy": PolicyVersion.objects.in_force(),
        "subjects": processing.subjects(),
        "stores": processing.stores(),
    }
    return render(request, "reporting/data_and_why.html", context)
