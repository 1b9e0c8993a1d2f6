"""What the school decides about following up absence: when it is a signal, and the steps of the ladder."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance.actions import follow_up as actions
from attendance.forms.follow_up import LadderStepForm, SignalRuleForm
from attendance.models import LadderStep, SignalRule, ladder
from attendance.models.follow_up import Step
from attendance.views.missing import DECIDERS
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.pages import form_page


@require_GET
@role_required(*DECIDERS)
def signal_rules(request: KvsRequest) -> HttpResponse:
    """The rules of the school and of clients, and the ladder; figures nobody decided are called examples."""
    context = {
        "rules": SignalRule.objects.select_related("client").order_by(Lower("client__name").asc(nulls_first=True), "kind"),
        "ladder": list(ladder().values()),
    }
    return render(request, "attendance/signal_rules.html", context)


def _page(title: str) -> dict[str, Any]:
    back = reverse("attendance:signal_rules")
    return {"title": title, "verb": _("Save"), "parent": _("Rules of absence"), "parent_url": back}


def _saved(request: KvsRequest) -> str:
    messages.success(request, _("Saved. It holds from the next time the registers are looked at."))
    return reverse("attendance:signal_rules")


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def signal_rule_add(request: KvsRequest) -> HttpResponse:
    """A new rule."""
    form = SignalRuleForm(form_data(request))

    def act() -> SignalRule:
        return actions.add_rule(by=request.user, **{name: form.cleaned_data[name] for name in SignalRuleForm.Meta.fields})

    return form_page(request, form, act=act, done=lambda _row: _saved(request), **_page(_("New rule of absence")))


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def signal_rule(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a rule, or take it out of use."""
    row = get_object_or_404(SignalRule.objects.select_related("client"), pk=pk)
    form = SignalRuleForm(form_data(request), instance=row)

    def act() -> SignalRule:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.change_rule(rule=row, version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    title = f"{row.client.name if row.client else _('School')}: {row.get_kind_display()}"
    return form_page(request, form, act=act, done=lambda _row: _saved(request), **_page(title))


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def ladder_step(request: KvsRequest, kind: str) -> HttpResponse:
    """Within how many working days a step is taken, and whether this school takes it."""
    if kind not in Step.values:
        raise Http404
    row = ladder()[kind]
    form = LadderStepForm(form_data(request), instance=row)

    def act() -> LadderStep:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.change_step(kind=kind, version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    title = str(capfirst(str(Step(kind).label)))
    return form_page(request, form, act=act, done=lambda _row: _saved(request), **_page(title))
