"""The intake step "privacyreglement uitgereikt": at one programme, and as a list of whom it still waits for."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.editing import attempt
from kvs.models import AccessEvent, PolicyVersion
from kvs.pages import Sorts, counted, form_page, list_page
from students.actions.handouts import record_hand_outs, take_back_hand_out
from students.forms.handouts import HandOutForm, ManyHandOutsForm
from students.models import HandOut, Programme
from students.models.handouts import HANDERS, without_policy

SORTS: Sorts = {"started": ("starts_on", "pk"), "name": ("student__sort_key", "starts_on", "pk")}


@require_http_methods(["GET", "POST"])
@role_required(*HANDERS)
def hand_out_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record what was handed out at the start of this programme."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student").defer("bsn"), pk=pk)
    student = programme.student
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = HandOutForm(form_data(request))

    def act() -> int:
        return record_hand_outs(programmes=[programme], by=request.user, **form.cleaned_data)

    def done(_number: int) -> str:
        messages.success(request, _("It is recorded what %(name)s was given.") % {"name": student.full_name})
        return reverse("students:programmes", args=[student.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="students/hand_out_add.html",
        programme=programme,
        title=_("Privacy policy handed out"),
        verb=_("Record"),
        parent=student.full_name,
        parent_url=reverse("students:programmes", args=[student.pk]),
    )


@require_POST
@role_required(*HANDERS)
def hand_out_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take back a record that was made by mistake."""
    hand_out = get_object_or_404(HandOut.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    student = hand_out.programme.student
    take_back_hand_out(hand_out=hand_out, by=request.user)
    messages.success(request, _("The record is removed."))
    return redirect("students:programmes", pk=student.pk)


@require_http_methods(["GET", "POST"])
@role_required(*HANDERS)
def hand_outs(request: KvsRequest) -> HttpResponse:
    """Running programmes without a version that was handed out; several can be recorded at once."""
    form = ManyHandOutsForm(form_data(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: record_hand_outs(by=request.user, **form.cleaned_data))
        if done is not None:
            text = ngettext("Recorded for %(count)d programme.", "Recorded for %(count)d programmes.", done)
            messages.success(request, text % {"count": done})
            return redirect("students:hand_outs")
    missing = without_policy(request.user).select_related("student")
    among = Programme.objects.visible_to(request.user)
    page = list_page(request, missing, among=among, sorts=SORTS)
    audit.log_access(request.user, office_role(request.user), [row.student.audit_id for row in page.rows], AccessEvent.Kind.LIST)
    count, more = counted(without_policy(request.user))
    context = {
        "page": page,
        "form": form,
        "chosen": request.POST.getlist("programmes"),
        "count": count,
        "more": more,
        "policy": PolicyVersion.objects.in_force(),
    }
    return render(request, "students/hand_outs.html", context, status=422 if form.errors else 200)
