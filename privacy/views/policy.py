"""The privacy policy: what everybody may read, and where its versions are made and published."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.files import open_file
from kvs.models import Organisation, PolicyVersion, Role, User
from kvs.pages import form_page
from kvs.plaintext import blocks
from privacy.actions import announcements as actions
from privacy.forms.policy import PolicyForm
from privacy.models.announcements import TELLERS

READERS = (*TELLERS, Role.MANAGEMENT)

# --- for everybody


@require_GET
@login_not_required
def policy(request: HttpRequest) -> HttpResponse:
    """The version that is in force, and all earlier and coming ones."""
    return _shown(request, PolicyVersion.objects.in_force())


@require_GET
@login_not_required
def policy_version(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another version that was published."""
    return _shown(request, get_object_or_404(PolicyVersion.objects.published(), pk=pk))


def _shown(request: HttpRequest, shown: PolicyVersion | None) -> HttpResponse:
    current = PolicyVersion.objects.in_force()
    others = PolicyVersion.objects.published().defer("text").select_related("replaces")
    context = {
        "policy": shown,
        "current": current,
        "blocks": blocks(shown.text) if shown else [],
        "others": others.exclude(pk=shown.pk) if shown else others,
        "school": Organisation.objects.first(),
    }
    return render(request, "privacy/policy.html", context)


@require_GET
@login_not_required
def policy_file(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The PDF of a published version; of a draft for who may make one."""
    user = getattr(request, "user", None)
    maker = isinstance(user, User) and user.has_role(*READERS)
    rows: QuerySet[PolicyVersion] = PolicyVersion.objects.all() if maker else PolicyVersion.objects.published()
    found = get_object_or_404(rows.select_related("file__sealed"), pk=pk)
    if found.file is None:
        raise Http404
    answer = HttpResponse(open_file(found.file), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="privacyreglement-{found.effective_on:%Y-%m-%d}.pdf"'
    return answer


# --- making versions


@require_GET
@role_required(*READERS)
def policies(request: KvsRequest) -> HttpResponse:
    """Every version, drafts first."""
    rows = PolicyVersion.objects.defer("text").select_related("replaces", "announcement")
    context = {
        "drafts": rows.filter(published_at__isnull=True),
        "published": rows.filter(published_at__isnull=False),
        "current": PolicyVersion.objects.in_force(),
        "alarms": alarms_for(request.user),
        "may_edit": request.user.has_role(*TELLERS),
    }
    return render(request, "privacy/policies.html", context)


def alarms_for(user: User) -> list[str]:
    """What of the policy is lacking: a version in force, or facts of the school that must stand with it (AVG 13(1))."""
    found = [] if PolicyVersion.objects.in_force() else [_("No version of the privacy policy is in force.")]
    school = Organisation.objects.first()
    if school and (missing := school.missing_facts):
        text = _("On the public page about data is missing: %(what)s. Fill it in under School.")
        found.append(text % {"what": ", ".join(missing)})
    return found


def _page(title: str, verb: str) -> dict[str, Any]:
    return {"title": title, "verb": verb, "parent": _("Privacy policy"), "parent_url": reverse("privacy:policies")}


def _to_draft(made: PolicyVersion) -> str:
    return reverse("privacy:policy_draft", args=[made.pk])


@require_http_methods(["GET", "POST"])
@role_required(*TELLERS)
def policy_add(request: KvsRequest) -> HttpResponse:
    """A new version, as a draft."""
    form = PolicyForm(form_data(request), request.FILES or None)

    def act() -> PolicyVersion:
        return actions.draft_policy(by=request.user, **form.facts())

    return form_page(request, form, act=act, done=_to_draft, **_page(_("New version of the privacy policy"), _("Save draft")))


def _draft(pk: uuid.UUID) -> PolicyVersion:
    return get_object_or_404(PolicyVersion.objects.filter(published_at__isnull=True).select_related("replaces"), pk=pk)


@require_http_methods(["GET", "POST"])
@role_required(*TELLERS)
def policy_change(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a draft."""
    draft = _draft(pk)
    form = PolicyForm(form_data(request), request.FILES or None, instance=draft)

    def act() -> PolicyVersion:
        facts = form.facts()
        files = {"pdf": facts.pop("pdf"), "drop_file": facts.pop("drop_file", False)}
        version = form.cleaned_data["version"] or 0
        return actions.change_policy(policy=draft, version=version, by=request.user, changes=facts, **files)

    return form_page(request, form, act=act, done=_to_draft, **_page(_("Change the draft"), _("Save draft")))


@require_GET
@role_required(*READERS)
def policy_draft(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How a draft will look, whom publishing will tell, and the buttons to change, publish or throw it away."""
    draft = _draft(pk)
    context = {
        "policy": draft,
        "blocks": blocks(draft.text),
        "may_edit": request.user.has_role(*TELLERS),
        "holds_already": draft.is_important and draft.effective_on <= timezone.localdate(),
        "students": actions.active_students().count() if draft.is_important else 0,
        "colleagues": actions.active_staff().count() if draft.is_important else 0,
    }
    return render(request, "privacy/policy_draft.html", context)


@require_POST
@role_required(*TELLERS)
def policy_publish(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Publish the draft that was looked at; `version` is of the page it was looked at on."""
    draft = _draft(pk)
    if request.POST.get("act") == "remove":
        actions.remove_draft(policy=draft, by=request.user)
        messages.success(request, _("The draft is removed."))
        return redirect("privacy:policies")
    try:
        made = actions.publish_policy(policy=draft, version=_number(request.POST.get("version", "")), by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("privacy:policy_draft", pk=draft.pk)
    messages.success(request, _("%(what)s is published. Nothing of it changes any more.") % {"what": made.title.capitalize()})
    if made.is_important:
        return redirect("privacy:announcement", pk=made.announcement.pk)
    return redirect("privacy:policies")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
