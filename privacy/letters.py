"""The letter that answers a request, in the words and language of Dutch offices: stored as a page, turned into a PDF when asked.

Kept as text, not as a file of kvs.files: it outlives the person's file in a container of its own (invariant I7).
"""

from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from kvs.models import Organisation, User
from kvs.pdf import make_pdf
from privacy.models import Complaint, Objection, PrivacyRequest
from privacy.words import law_in_words

LANGUAGE = "nl"
STYLESHEET = "paper.css"


def decision_letter(request: PrivacyRequest, by: User) -> str:
    """The page of the decision: what was asked, what was decided and why, who is told, and the ways to complain."""
    with translation.override(LANGUAGE):
        law = {"article": law_in_words(request.article), "grounds": grounds_of(request)}
        purposes = [row.get_purpose_display() for row in Objection.objects.open().filter(request=request)]
    return _page("privacy/letter.html", request, by, tasks=list(request.tasks.all()), purposes=purposes, **law)


def extension_letter(request: PrivacyRequest, by: User) -> str:
    """The page that tells the person that more time is needed and why."""
    with translation.override(LANGUAGE):
        article = law_in_words(request.article)
    return _page("privacy/letter_extension.html", request, by, article=article)


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


def grounds_of(request: PrivacyRequest) -> list[tuple[Any, str]]:
    """Each ground of what is refused, and where it stands; a law that the officer named, as it was typed."""
    return [(text, law if law == request.law else law_in_words(law)) for text, law in request.ground_lines]


def as_pdf(page: str) -> bytes:
    """The page as a tagged PDF. Raises kvs.pdf.PdfUnavailable without Pango."""
    return make_pdf(page, STYLESHEET)
