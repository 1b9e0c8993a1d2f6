"""The letter that answers a request, in the words and language of Dutch offices: stored as a page, turned into a PDF when asked.

Kept as text, not as a file of kvs.files: it outlives the person's file in a container of its own (invariant I7).
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from kvs.models import Organisation, User
from kvs.pdf import make_pdf
from privacy.models import Complaint, PrivacyRequest

LANGUAGE = "nl"
STYLESHEET = "paper.css"


def decision_letter(request: PrivacyRequest, by: User) -> str:
    """The page of the decision: what was asked, what was decided and why, who is told, and the ways to complain."""
    return _page("privacy/letter.html", request, by, tasks=list(request.tasks.all()))


def extension_letter(request: PrivacyRequest, by: User) -> str:
    """The page that tells the person that more time is needed and why."""
    return _page("privacy/letter_extension.html", request, by)


def complaint_letter(complaint: Complaint, by: User, committee: str) -> str:
    """The page of the decision on a complaint: reasons, measures and where one can go; `committee`: of the school's procedure."""
    return _page("privacy/complaint_letter.html", complaint, by, committee=committee)


def complaint_notice(complaint: Complaint, by: User, which: str) -> str:
    """The page that says that a complaint came in (`ontvangst`), or that more time is needed (`uitstel`)."""
    return _page("privacy/complaint_notice.html", complaint, by, which=which)


def _page(template: str, request: PrivacyRequest | Complaint, by: User, **more: Any) -> str:
    school = Organisation.objects.values_list("name", flat=True).first() or ""
    with translation.override(LANGUAGE):
        known = {"request": request, "by": by, "school": school, "today": timezone.localdate(), **more}
        return render_to_string(template, known)


def as_pdf(page: str) -> bytes:
    """The page as a tagged PDF. Raises kvs.pdf.PdfUnavailable without Pango."""
    return make_pdf(page, STYLESHEET)
