"""The privacy tab of a student: what is restricted, what is objected to; and the student's own page of objections."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from kvs.pages import form_page
from privacy import rules
from privacy.actions.objections import say_no, take_back
from privacy.actions.restrictions import decide_objection, lift, restrict
from privacy.actions.withheld import finish_withheld
from privacy.forms.restrictions import DecideForm, LiftForm, RestrictForm, WithheldForm
from privacy.models import Objection, PrivacyRequest, Restriction, WithheldTask
from privacy.views.own_requests import way_in
from students.models import Student
from students.views.people import student_tabs, with_groups
from students.views.portal import own_file

OFFICER = (Role.PRIVACY_OFFICER,)


@require_GET
@role_required(*OFFICER)
def student_privacy(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What holds for the data of one student."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    _looked(request, student)
    context = {
        "student": student,
        "tabs": student_tabs(request.account, student, "privacy:student"),
        "restrictions": Restriction.objects.filter(student=student).select_related("set_by", "lifted_by"),
        "objections": Objection.objects.filter(student=student).select_related("made_by", "decided_by"),
        "purposes": _purposes(student),
    }
    return render(request, "privacy/student.html", context)


def _looked(request: KvsRequest, student: Student) -> None:
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)


def _purposes(student: Student) -> list[tuple[str, str]]:
    """What the desk can still stop for the student: code and title."""
    return [(str(code), str(title)) for code, title in Objection.Purpose.choices if code not in student.objections]


@require_http_methods(["GET", "POST"])
@role_required(*OFFICER)
def restriction_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Restrict the use of parts of a file."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _looked(request, student)
    form = RestrictForm(form_data(request))

    def act() -> Restriction:
        return restrict(student=student, by=request.user, **form.cleaned_data)

    def done(made: Restriction) -> str:
        text = _("From now on this is only kept: %(what)s.") % {"what": ", ".join(made.titles)}
        messages.success(request, text)
        return reverse("privacy:student", args=[student.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Restrict the use of data"),
        verb=_("Restrict"),
        parent=student.full_name,
        parent_url=reverse("privacy:student", args=[student.pk]),
    )


@require_http_methods(["GET", "POST"])
@role_required(*OFFICER)
def restriction_lift(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """End a restriction, after the student was told."""
    found = Restriction.objects.visible_to(request.user).in_force().select_related("student")
    restriction = get_object_or_404(found, pk=pk)
    _looked(request, restriction.student)
    back = reverse("privacy:student", args=[restriction.student_id])
    form = LiftForm(form_data(request), initial={"version": restriction.version})

    def act() -> Restriction:
        typed = form.cleaned_data
        return lift(
            restriction=restriction,
            version=typed["version"],
            told_on=typed["told_on"],
            told_how=typed["told_how"],
            by=request.user,
        )

    def done(lifted: Restriction) -> str:
        messages.success(request, _("The restriction of %(what)s is lifted.") % {"what": ", ".join(lifted.titles)})
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Lift the restriction of %(what)s") % {"what": ", ".join(restriction.titles)},
        verb=_("Lift the restriction"),
        parent=restriction.student.full_name,
        parent_url=back,
    )


@require_http_methods(["GET", "POST"])
@role_required(*OFFICER)
def objection_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide on an objection; until then its purpose is stopped."""
    objection = get_object_or_404(Objection.objects.visible_to(request.user).open().select_related("student"), pk=pk)
    _looked(request, objection.student)
    asked = PrivacyRequest.objects.unanswered().filter(objections=objection)
    if (running := asked.exclude(decision=PrivacyRequest.Decision.PARTLY).first()) is not None:
        messages.info(request, _("This objection is decided in its request, because the student gets a letter. Go on here."))
        return redirect("privacy:request", pk=running.pk)
    back = reverse("privacy:student", args=[objection.student_id])
    form = DecideForm(form_data(request))

    def act() -> Objection:
        return decide_objection(objection=objection, outcome=form.cleaned_data["outcome"], by=request.user)

    def done(decided: Objection) -> str:
        messages.success(request, f"{decided.get_purpose_display()}: {decided.get_outcome_display()}.")
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Decide on the objection to: %(purpose)s") % {"purpose": objection.get_purpose_display()},
        verb=_("Decide"),
        parent=objection.student.full_name,
        parent_url=back,
    )


@require_POST
@role_required(*OFFICER)
def objection_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The student objected at the desk or by letter."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    _stop(request, student, request.POST.get("purpose", ""), own=False)
    return redirect("privacy:student", pk=student.pk)


def _stop(request: KvsRequest, student: Student, purpose: str, *, own: bool) -> None:
    """Object, and say what came of it; an unknown purpose is no error for a person."""
    identity = way_in(request) if own else ""
    try:
        made = say_no(student=student, purpose=purpose, by=request.user, own=own, identity=identity)
    except ValidationError as problem:
        messages.warning(request, problem.messages[0])
    else:
        messages.success(request, _("Stopped: %(purpose)s.") % {"purpose": made.get_purpose_display()})


@require_GET
@role_required(*OFFICER)
def restriction_list(request: KvsRequest) -> HttpResponse:
    """Every restriction in force and every objection that waits, the oldest to look at first."""
    found = Restriction.objects.visible_to(request.user).in_force().select_related("student", "set_by").order_by("review_on")
    open_ones = Objection.objects.visible_to(request.user).open().select_related("student", "made_by").order_by("made_at")
    people = [row.student.audit_id for row in [*found, *open_ones]]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    tasks = WithheldTask.objects.select_related("done_by")[:12]
    context = {"restrictions": found, "objections": open_ones, "tasks": tasks}
    return render(request, "privacy/restrictions.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*OFFICER)
def withheld_done(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Say what is done about a file of DUO that goes without somebody."""
    task, form = get_object_or_404(WithheldTask, pk=pk), WithheldForm(form_data(request))

    def act() -> WithheldTask:
        return finish_withheld(task=task, outcome=form.cleaned_data["outcome"], by=request.user)

    def done(finished: WithheldTask) -> str:
        messages.success(
            request, _("The file of %(month)s: %(what)s.") % {"month": task.month_name, "what": finished.get_outcome_display()}
        )
        return reverse("privacy:restrictions")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("The file for DUO of %(month)s goes without somebody") % {"month": task.month_name},
        verb=_("Save"),
        parent=_("Restrictions and objections"),
        parent_url=reverse("privacy:restrictions"),
    )


# --- the student


@require_http_methods(["GET", "POST"])
@own_file
def own_objections(request: KvsRequest, student: Student) -> HttpResponse:
    """What I can say no to; one tap, and it stops at once."""
    if request.method == "POST":
        _say(request, student)
        return redirect("privacy:own_objections")
    standing = {row.purpose: row for row in Objection.objects.standing().filter(student=student)}
    refused = Objection.objects.filter(student=student, outcome=Objection.Outcome.REFUSED)
    asked = PrivacyRequest.objects.of_person(request.user).unanswered().filter(kind=rules.OBJECTION).first()
    context = {
        "student": student,
        "asked": asked,
        "purposes": [(code, title, standing.get(code)) for code, title in Objection.Purpose.choices],
        "refused": {row.purpose for row in refused} - set(standing),
    }
    return render(request, "privacy/own_objections.html", context)


def _say(request: KvsRequest, student: Student) -> None:
    purpose = request.POST.get("purpose", "")
    if request.POST.get("act") != "back":
        _stop(request, student, purpose, own=True)
        return
    if purpose not in Objection.Purpose.values:
        return
    for row in Objection.objects.standing().filter(student=student, purpose=purpose).select_related("student"):
        take_back(objection=row, by=request.user)
        messages.success(request, _("You took your objection back."))
