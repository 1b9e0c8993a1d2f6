"""The letter that says what was erased. It names nobody: the school no longer knows the name."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from kvs.files import store_file
from kvs.models import Organisation, SealedFile
from kvs.pdf import make_pdf, pdf_available
from kvs.terms import add
from kvs.vocabulary import REQUEST_PERIOD
from privacy import words
from privacy.models import Erasure

KIND = "privacy.certificate"


def certificate_page(erasure: Erasure) -> str:
    """The letter as a page of its own, in Dutch."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "erasure": erasure,
            "school": Organisation.objects.values_list("name", flat=True).first() or "",
            "goes": words.goes(erasure.plan),
            "stays": words.stays(erasure.plan),
            "told": [(words.recipient_name(line), dt.date.fromisoformat(line["on"])) for line in erasure.told],
        }
        return render_to_string("privacy/certificate.html", context)


@transaction.atomic
def keep_certificate(erasure: Erasure) -> SealedFile | None:
    """Make and keep the letter once, as long as requests are kept; None on a machine that makes no PDF.

    An erasure because the period was over has no letter: nobody waits for it.
    """
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if row.certificate or row.reason == Erasure.Reason.RETENTION or pdf_available():
        return None
    until = add(timezone.localdate(), REQUEST_PERIOD.period)
    file = store_file(
        make_pdf(certificate_page(row), "paper.css"),
        kind=KIND,
        content_type="application/pdf",
        people=(),
        by=None,
        expires_at=timezone.make_aware(dt.datetime.combine(until, dt.time())),
    )
    row.certificate = file.pk
    row.save(update_fields=["certificate"])
    return file
