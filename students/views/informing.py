"""Whom the school still has to inform about where it got their data (art. 14 AVG)."""

from django.contrib import messages
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent
from kvs.pages import Sorts, list_page
from students.actions.imports import mark_informed
from students.forms.imports import InformedForm
from students.models import InformTask
from students.models.imports import IMPORTERS, informing_waits_for

SORTS: Sorts = {
    "before": ("due_on", "student__sort_key", "pk"),  # an import gives hundreds the same last day
    "name": ("student__sort_key", "due_on", "pk"),
    "source": (Lower("organisation"), "due_on", "pk"),
}


@require_GET
@role_required(*IMPORTERS)
def inform_tasks(request: KvsRequest) -> HttpResponse:
    """Open tasks, the first to be due on top."""
    return _page(request, InformedForm(user=request.user))


@require_POST
@role_required(*IMPORTERS)
def inform_done(request: KvsRequest) -> HttpResponse:
    """Record that the chosen people were informed. Those a colleague did meanwhile are left as they are."""
    form = InformedForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, form, status=422)
    done = mark_informed(tasks=form.cleaned_data["tasks"], how=form.cleaned_data["how"], by=request.user)
    messages.success(request, ngettext("%(count)d person is informed.", "%(count)d people are informed.", done) % {"count": done})
    return redirect("students:inform_tasks")


def _page(request: KvsRequest, form: InformedForm, status: int = 200) -> HttpResponse:
    tasks = InformTask.objects.visible_to(request.user)
    page = list_page(request, tasks.open().select_related("student"), among=tasks, sorts=SORTS)
    audit.log_access(request.user, office_role(request.user), [row.student.audit_id for row in page.rows], AccessEvent.Kind.LIST)
    count, late = informing_waits_for(request.user)
    context = {
        "page": page,
        "form": form,
        "chosen": request.POST.getlist("tasks"),
        "count": count,
        "late": late,
        "today": timezone.localdate(),
    }
    return render(request, "students/inform_tasks.html", context, status=status)
