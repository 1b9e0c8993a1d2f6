"""The annex of the contract: what the school does with the data of this student, and to whom they go (B 8.1, 8.2; AVG 13, 14).

Made from the data catalogue, narrowed to whom this programme really goes to. Blank it names every recipient there can be.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from kvs import vocabulary
from kvs.catalogue import Recipient
from kvs.models import Organisation, PolicyVersion
from kvs.pdf import make_pdf
from reporting import processing
from reporting.processing import Subject
from reporting.rules import outside_measuring
from students.models import Programme, Student

STYLESHEET = "paper.css"


@dataclass(frozen=True)
class Goes:
    """A recipient: its name, why it gets something, and which data."""

    name: str
    why: str
    data: tuple[str, ...]
    confirmed: bool


@dataclass(frozen=True)
class Annex:
    """The annex of `programme`; blank without one."""

    programme: Programme | None
    subjects: tuple[Subject, ...]
    recipients: tuple[Goes, ...]
    not_told: tuple[str, ...]  # recipients there are, that get nothing of this programme
    today: dt.date


def annex_of(programme: Programme | None) -> Annex:
    """What this student is told. `programme` with its student and contracts; None: a blank for a folder at the desk."""
    subjects = [subject for subject in processing.subjects() if Student in subject.people]
    used = processing.once(recipient for subject in subjects for recipient in subject.recipients)
    names = {recipient.code: str(recipient.name) for recipient in used}
    if programme is not None:
        names = recipients_of(programme, names)
    return Annex(
        programme=programme,
        subjects=tuple(subjects),
        recipients=tuple(_goes(recipient, names[recipient.code], subjects) for recipient in used if recipient.code in names),
        not_told=tuple(str(recipient.name) for recipient in used if recipient.code not in names),
        today=timezone.localdate(),
    )


def recipients_of(programme: Programme, known: dict[str, str]) -> dict[str, str]:
    """The recipients (code to name) to whom data of this programme go: who pays it, DUO when the law or a loan brings DUO in,
    Blik op Werk when it measures this programme, the survey agency when it may also ask the student, the bank when the
    student pays.
    """
    clients = list(dict.fromkeys(contract.client.name for contract in programme.contracts.all() if contract.client))
    student_pays = any(contract.client is None for contract in programme.contracts.all())
    measured = not outside_measuring(programme.law, programme.route, programme.is_elip)
    goes = {
        vocabulary.MUNICIPALITY.code: bool(clients),
        vocabulary.DUO.code: programme.law != Programme.Law.NONE or programme.has_duo_loan,
        vocabulary.BLIK_OP_WERK.code: measured,
        vocabulary.SURVEYOR.code: measured and not programme.student.no_survey,
        vocabulary.BANK.code: student_pays,
    }
    named = {vocabulary.MUNICIPALITY.code: ", ".join(clients)}
    return {code: named.get(code, name) for code, name in known.items() if goes.get(code, True)}


def _goes(recipient: Recipient, name: str, subjects: Iterable[Subject]) -> Goes:
    given = [subject for subject in subjects if recipient in subject.recipients]
    return Goes(name, _why(recipient), tuple(str(subject.category.title) for subject in given), recipient.confirmed)


def _why(recipient: Recipient) -> str:
    return {
        vocabulary.MUNICIPALITY.code: _("It pays for your course and hears how it goes."),
        vocabulary.DUO.code: _("The law asks the school to give DUO these data, for your exams or your loan."),
        vocabulary.BLIK_OP_WERK.code: _("It checks the quality of the school. Without this quality mark there is no loan."),
        vocabulary.SURVEYOR.code: _("It may ask you what you think of the school. You may say no to this."),
        vocabulary.BANK.code: _("It collects what you pay for the course."),
    }.get(recipient.code, "")


def annex_page(annex: Annex) -> str:
    """The annex as a page to print, in Dutch: the language of the contract."""
    with translation.override(settings.LANGUAGE_CODE):
        context: dict[str, Any] = {
            "annex": annex,
            "school": Organisation.objects.first(),
            "policy": PolicyVersion.objects.in_force(),
        }
        return render_to_string("reporting/annex.html", context)


def annex_pdf(page: str) -> bytes:
    """The page as a tagged PDF. Raises kvs.pdf.PdfUnavailable without Pango."""
    return make_pdf(page, STYLESHEET)
