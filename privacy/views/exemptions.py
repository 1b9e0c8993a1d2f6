"""The desk: somebody asks years later whether there was an exemption, and gets a statement on paper."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Organisation, Role
from kvs.pdf import make_pdf, pdf_available
from privacy.actions import exemption as actions
from privacy.forms.exemptions import LookUpForm
from privacy.models import ExemptionRecord
from students.models import Exemption


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def look_up(request: KvsRequest) -> HttpResponse:
    """Name and date of birth in, a statement out: what is kept, or that nothing is known here."""
    form = LookUpForm(form_data(request))
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        records = actions.look_up(first=asked["first"], surname=asked["surname"], born_on=asked["born_on"], by=request.user)
        return _statement(asked, records)
    context = {
        "form": form,
        "title": _("Look up an exemption"),
        "verb": _("Make the statement"),
        "parent": _("Privacy"),
        "parent_url": reverse("privacy:overview"),
    }
    return render(request, "privacy/exemptions.html", context, status=422 if form.errors else 200)


def _statement(asked: dict[str, Any], records: list[ExemptionRecord]) -> HttpResponse:
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string(
            "privacy/exemption_statement.html",
            {
                "school": Organisation.objects.values_list("name", flat=True).first() or "",
                "name": f"{asked['first']} {asked['surname']}".strip(),
                "born_on": asked["born_on"],
                "decisions": sorted({_in_words(record) for record in records}),  # the same one under each first name
                "at": timezone.localtime(),
            },
        )
    if pdf_available():
        return HttpResponse(page)
    response = HttpResponse(make_pdf(page, "paper.css"), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="verklaring.pdf"'
    return response


def _in_words(record: ExemptionRecord) -> tuple[str, str, str]:
    """Date, kind and who decided."""
    kind = dict(Exemption.Kind.choices).get(record.kind or "", record.kind)
    body = dict(Exemption.Body.choices).get(record.body or "", record.body)
    return date_format(dt.date.fromisoformat(record.decided_on or "")), str(kind), str(body)
