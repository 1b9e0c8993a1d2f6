"""The annex of the contract about data: of one programme, or blank. A page to print; `?vorm=pdf` gives the PDF."""

import uuid

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import override
from django.views.decorators.http import require_GET

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent
from kvs.pdf import pdf_available
from reporting.annex import annex_of, annex_page, annex_pdf
from students.models import Contract, Programme
from students.views.programmes import ANNEX_MAKERS


@require_GET
@role_required(*ANNEX_MAKERS)
def annex(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The annex for one programme: only to whom its data really go."""
    visible = Programme.objects.visible_to(request.user).select_related("student").defer("bsn")
    contracts = Prefetch("contracts", Contract.objects.select_related("client"))
    programme = get_object_or_404(visible.prefetch_related(contracts), pk=pk)
    audit.log_access(request.user, office_role(request.user), [programme.student.audit_id], AccessEvent.Kind.EXPORT)
    return _answer(request, programme)


@require_GET
@role_required(*ANNEX_MAKERS)
def annex_blank(request: KvsRequest) -> HttpResponse:
    """A blank: every recipient there can be."""
    return _answer(request, None)


def _answer(request: KvsRequest, programme: Programme | None) -> HttpResponse:
    with override("nl"):
        page = annex_page(annex_of(programme))
    if request.GET.get("vorm") != "pdf" or pdf_available():
        return HttpResponse(page)
    answer = HttpResponse(annex_pdf(page), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="bijlage-uw-gegevens.pdf"'
    return answer
