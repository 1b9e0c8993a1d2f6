"""Consents at the desk and for the privacy officer: what one student allows, who still has to be asked, and with which words."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from kvs.pages import form_page, list_page
from privacy.actions.consents import say
from privacy.consents import SHOWN, Question, counts, people_who, questions, speakers
from privacy.forms.consents import ConsentForm, TextForm
from students.actions.consents import change_consent_text
from students.models import Consent, ConsentText, Student
from students.models.consents import CODES, SCAN_READERS, TITLES, to_ask
from students.views.people import CONSENT_READERS, student_tabs, with_groups

OFFICER = (Role.PRIVACY_OFFICER,)
HEADS: dict[str, str | Promise] = {
    "given": pgettext_lazy("consents", "Yes"),
    "again": pgettext_lazy("consents", "Ask again: the text changed"),
    "no": pgettext_lazy("consents", "No, or taken back"),
    "never": pgettext_lazy("consents", "Not asked yet"),
}


# --- one student


@require_GET
@role_required(*CONSENT_READERS)
def student_consents(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What one student allows, and everything that was said."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    _looked(request, student)
    context = {
        "student": student,
        "tabs": student_tabs(request.account, student, "privacy:consents"),
        "questions": questions(student),
        "who": speakers(student, timezone.localdate()),
        "may_look": request.user.has_role(*SCAN_READERS),
    }
    return render(request, "privacy/consents.html", context)


def _looked(request: KvsRequest, student: Student) -> None:
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)


@require_http_methods(["GET", "POST"])
@role_required(*CONSENT_READERS)
def consent_record(request: KvsRequest, pk: uuid.UUID, about: str) -> HttpResponse:
    """Record a yes, a no or a yes taken back: one page and one step for all of them (AVG 7(3))."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    question = _question(student, about)
    _looked(request, student)
    form = ConsentForm(form_data(request), question=question, who=speakers(student, timezone.localdate()))

    def act() -> Consent:
        return say(student=student, purpose=question.purpose, client=question.client, by=request.user, **form.facts)

    def done(made: Consent) -> str:
        texts = {"title": capfirst(question.title), "state": made.get_state_display()}
        messages.success(request, _("Recorded. %(title)s: %(state)s.") % texts)
        return reverse("privacy:consents", args=[student.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/consent_record.html",
        question=question,
        title=capfirst(question.title),
        verb=_("Record"),
        parent=student.full_name,
        parent_url=reverse("privacy:consents", args=[student.pk]),
    )


def _question(student: Student, about: str) -> Question:
    """The question of this key. Raises Http404."""
    found = next((question for question in questions(student) if question.key == about), None)
    if found is None:
        raise Http404
    return found


# --- the school


@require_GET
@role_required(*OFFICER)
def consent_list(request: KvsRequest) -> HttpResponse:
    """Per purpose how many said what, whom to ask before a private client hears anything, and who said one of these."""
    numbers = counts(request.user)
    waiting = to_ask(request.user, timezone.localdate()).select_related("client", "programme__student")
    contracts = list(waiting[:50])
    code, show = request.GET.get("purpose", ""), request.GET.get("show", "")
    page = _people(request, code, show)
    people = [one.programme.student.audit_id for one in contracts] + [row.audit_id for row in (page.rows if page else [])]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {
        "heads": HEADS.values(),
        "lines": [(one, TITLES[one], [(name, HEADS[name], numbers[one][name]) for name in SHOWN]) for one in CODES],
        "contracts": contracts,
        "page": page,
        "chosen": f"{TITLES[code]}: {HEADS[show]}" if page else "",
    }
    return render(request, "privacy/consent_list.html", context)


def _people(request: KvsRequest, code: str, show: str) -> Any:
    """A page of the students who said this; None when the address asks for nothing that exists."""
    if code not in CODES or show not in SHOWN:
        return None
    found = people_who(request.user, code, show).only("audit_id", "number", "given_names", "call_name", "infix", "surname")
    return list_page(request, found, among=Student.objects.visible_to(request.user), sorts={"name": ("sort_key", "number")})


@require_http_methods(["GET", "POST"])
@role_required(*OFFICER)
def consent_text(request: KvsRequest, code: str) -> HttpResponse:
    """What students read before they say yes or no, every version of it, and a new one."""
    if code not in CODES:
        raise Http404
    today = timezone.localdate()
    stored = list(ConsentText.objects.filter(purpose=code).order_by("-version"))
    versions = stored or [ConsentText.objects.on(code, today)]
    form = TextForm(form_data(request), current=versions[0])

    def act() -> ConsentText:
        return change_consent_text(purpose=code, by=request.user, **form.cleaned_data)

    def done(made: ConsentText) -> str:
        messages.success(request, _("Version %(version)d is saved.") % {"version": made.version})
        return reverse("privacy:consent_text", args=[code])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/consent_text.html",
        versions=versions,
        current=ConsentText.objects.on(code, today),
        title=capfirst(str(TITLES[code])),
        verb=_("Save as a new version"),
        parent=_("Consents"),
        parent_url=reverse("privacy:consent_list"),
    )
