"""Importing a spreadsheet: send it up, check what was understood, decide, import, see what became of it, take it back."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet, Value
from django.db.models.functions import Coalesce, Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.files import open_file
from kvs.models import AccessEvent, SealedFile, SealedFilePerson
from kvs.pages import Sorts, form_page, list_page
from students.actions import imports as actions
from students.actions.taking_back import take_back_import, what_stays
from students.forms.imports import LayoutForm, OtherForm, TakeBackForm, UploadForm
from students.importer.columns import WHO
from students.importer.page import Check, said
from students.importer.rows import cell_name
from students.models import ImportRow, ImportRun
from students.models.imports import IMPORTERS, informing_waits_for

PAGE = 50  # cells, or rows of a result, on a page
SORTS: Sorts = {
    "source": (Lower(Coalesce("client__name", Value(""))), "started_at", "pk"),
    "sent": ("started_at", "pk"),
}
State = ImportRun.State


def _run(request: KvsRequest, pk: uuid.UUID) -> ImportRun:
    runs = ImportRun.objects.visible_to(request.user)
    related = ("job", "client", "location", "started_by", "upload", "findings", "workbook")
    return get_object_or_404(runs.select_related(*related), pk=pk)


def _typed(request: KvsRequest) -> Any:
    return request.POST if request.method == "POST" else None


@require_http_methods(["GET", "POST"])
@role_required(*IMPORTERS)
def imports(request: KvsRequest) -> HttpResponse:
    """Send up a spreadsheet; what was imported lately; whom to inform."""
    form = UploadForm(_typed(request), request.FILES or None, user=request.user)

    def act() -> ImportRun:
        sent = form.cleaned_data
        return actions.start_import(
            content=sent["file"].read(),
            file_name=sent["file"].name,
            location=sent["location"],
            client=sent["source"],
            by=request.user,
        )

    runs = ImportRun.objects.visible_to(request.user).select_related("job", "started_by", "client")
    count, late = informing_waits_for(request.user)
    return form_page(
        request,
        form,
        act=act,
        done=lambda run: reverse("students:import", args=[run.pk]),
        template="students/imports.html",
        page=list_page(request, runs, among=runs, sorts=SORTS, default="-sent"),
        to_inform=count,
        late=late,
    )


@require_GET
@role_required(*IMPORTERS)
def import_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Where an import is: being read, to be checked, being imported, the result."""
    run = _run(request, pk)
    if run.working:
        return render(request, "students/import_working.html", _working(run))
    if run.state == State.CHECKED:
        return _check_page(request, run)
    if run.state in (State.DONE, State.IMPORTING, State.TAKING_BACK, State.TAKEN_BACK):
        return _result_page(request, run)
    return render(request, "students/import_over.html", {"run": run, "refusal": _(run.refusal) if run.refusal else ""})


def _working(run: ImportRun) -> dict[str, Any]:
    doing = run.job.doing if run.job else ""
    return {"run": run, "what": _(doing) if doing else _("The file waits for its turn"), "step": _step(run)}


def _step(run: ImportRun) -> int:
    return {State.UPLOADED: 1, State.CHECKED: 2, State.IMPORTING: 3}.get(State(run.state), 4)


@require_GET
@role_required(*IMPORTERS)
def import_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for every second; when the worker is through the whole page is loaded again."""
    run = _run(request, pk)
    if not run.working:
        return HttpResponseClientRefresh()
    return render(request, "students/_import_progress.html", _working(run))


# --- checking


def _check_page(request: KvsRequest, run: ImportRun, layout: LayoutForm | None = None, status: int = 200) -> HttpResponse:
    check = _check(run)
    audit.log_access(request.user, office_role(request.user), _people(run.findings), AccessEvent.Kind.LIST)
    page = Paginator(check.lines, PAGE).get_page(request.GET.get("pagina"))
    context = {
        "run": run,
        "check": check,
        "page": page,
        "step": _step(run),
        "layout": layout or LayoutForm(check=check, run=run),
    }
    return render(request, "students/import_check.html", context, status=status)


def _check(run: ImportRun) -> Check:
    try:
        return Check(actions.findings_of(run), actions.choices_of(run))
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired


def _people(file: SealedFile | None) -> list[uuid.UUID]:
    return list(SealedFilePerson.objects.filter(file=file).values_list("audit_id", flat=True)) if file else []


@require_POST
@role_required(*IMPORTERS)
def import_layout(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Another sheet, or other meanings of columns: look again."""
    run = _run(request, pk)
    form = LayoutForm(request.POST, check=_check(run), run=run)
    if not form.is_valid():
        return _check_page(request, run, form, 422)
    chosen = {"sheet": form.chosen_sheet, "mapping": form.mapping, "version": form.cleaned_data["version"]}
    law = form.chosen_law
    return _back(request, run, lambda: actions.change_layout(run=run, by=request.user, law=law, **chosen))


def _back(request: KvsRequest, run: ImportRun, act: Any) -> HttpResponse:
    """Do it, and show the import again; what was refused is said there."""
    try:
        act()
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    return redirect("students:import", pk=run.pk)


@require_POST
@role_required(*IMPORTERS)
def import_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Accept a proposal, take that back, or accept all of one kind that may be accepted together."""
    run = _run(request, pk)
    check = _check(run)
    choices: dict[str, list[str] | None] = {}
    if cell := check.find(request.POST.get("accept", "")):
        choices = {cell["cell"]: ["accept"]}
    elif cell := check.find(request.POST.get("undo", "")):
        choices = {cell["cell"]: None}
    elif kind := request.POST.get("all", ""):
        choices = {each["cell"]: ["accept"] for each in check.together(kind)}
    if not choices:
        raise Http404
    answer = _back(request, run, lambda: actions.decide(run=run, choices=choices))
    answer["Location"] += check.place(next(iter(choices)), PAGE)
    return answer


@require_http_methods(["GET", "POST"])
@role_required(*IMPORTERS)
def import_other(request: KvsRequest, pk: uuid.UUID, cell: str) -> HttpResponse:
    """Decide otherwise than proposed about one cell."""
    run = _run(request, pk)
    check = _check(run)
    found = check.find(cell)
    if found is None or run.state != State.CHECKED:
        raise Http404
    today = timezone.localdate(run.started_at)
    form = OtherForm(_typed(request), cell=found, today=today, choice=check.choices.get(cell))
    back = reverse("students:import", args=[run.pk]) + check.place(cell, PAGE)
    names_who = found["code"] in WHO
    return form_page(
        request,
        form,
        act=lambda: actions.decide(
            run=run, choices={cell: form.choice}, again_by=request.user if form.choice[0] == "value" and names_who else None
        ),
        done=lambda _made: back,
        template="students/import_other.html",
        cell=found,
        title=_("Cell %(cell)s") % {"cell": cell},
        verb=_("Use this"),
        parent=_("Check before importing"),
        parent_url=back,
    )


# --- importing


@require_POST
@role_required(*IMPORTERS)
def import_start(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Import the rows that are ready; also to go on with what was stopped halfway."""
    run = _run(request, pk)
    version = int(request.POST.get("version", "")) if request.POST.get("version", "").isdecimal() else 0
    if run.state == State.TAKING_BACK:
        return _back(request, run, lambda: take_back_import(run=run, by=request.user))
    return _back(request, run, lambda: actions.begin_import(run=run, version=version, by=request.user))


@require_POST
@role_required(*IMPORTERS)
def import_stop(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Stop the worker. What is in stays in, and the import can go on later."""
    run = _run(request, pk)
    actions.stop_import(run=run)
    messages.success(request, _("The import is being stopped. What is in stays in."))
    return redirect("students:import", pk=run.pk)


@require_POST
@role_required(*IMPORTERS)
def import_discard(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Erase the file before anything was imported."""
    run = _run(request, pk)

    def act() -> None:
        actions.discard_import(run=run)
        messages.success(request, _("The file is erased. Nothing was imported."))

    return _back(request, run, act)


# --- the result


def _result_page(request: KvsRequest, run: ImportRun) -> HttpResponse:
    outcomes = dict(run.rows.values_list("outcome").annotate(Count("pk")))
    waiting = _waiting(run)
    page = Paginator(waiting, PAGE).get_page(request.GET.get("pagina"))
    lines = [(row, [(cell_name(column, row.number), said(why)) for column, why in row.problems]) for row in page]
    seen = [row.student.audit_id for row in page if row.student]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)
    context = {
        "run": run,
        "step": _step(run),
        "counts": [(label, outcomes.get(value, 0)) for value, label in ImportRow.Outcome.choices if outcomes.get(value)],
        "left_out": run.rows.filter(number_left_out=True).count(),
        "page": page,
        "lines": lines,
        "stopped": run.state in (State.IMPORTING, State.TAKING_BACK),
        "may_take_back": run.state == State.DONE and any(outcomes.get(done) for done in ("new", "changed")),
        "kept_until": run.workbook.expires_at if run.workbook else None,
    }
    return render(request, "students/import_result.html", context)


def _waiting(run: ImportRun) -> "QuerySet[ImportRow]":
    """Rows a person has to look at."""
    return run.rows.exclude(problems=[]).select_related("student").order_by("number")


@require_GET
@role_required(*IMPORTERS)
def import_workbook(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What needs a person, as a workbook. Everyone in it can see that it was opened."""
    run = _run(request, pk)
    if run.workbook is None:
        raise Http404
    try:
        content = open_file(run.workbook)
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired
    people = _people(run.workbook)
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.EXPORT, reason="import")
    answer = HttpResponse(content, content_type=run.workbook.content_type)
    name = slugify(_("To look at after the import of %(day)s") % {"day": f"{run.started_at:%Y-%m-%d}"})
    answer["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    return answer


@require_http_methods(["GET", "POST"])
@role_required(*IMPORTERS)
def import_take_back(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take an import back: says what goes and what stays, and asks for the word."""
    run = _run(request, pk)
    if run.state != State.DONE:
        raise Http404
    form = TakeBackForm(_typed(request))
    return form_page(
        request,
        form,
        act=lambda: take_back_import(run=run, by=request.user),
        done=lambda made: reverse("students:import", args=[made.pk]),
        template="students/import_take_back.html",
        run=run,
        title=_("Take back this import"),
        verb=_("Take it back"),
        parent=_("Result of the import"),
        parent_url=reverse("students:import", args=[run.pk]),
        **what_stays(run),
    )
