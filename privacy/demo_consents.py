"""What students of the demo school allow, refuse and took back, and their complaints; all of it invented."""

import datetime as dt
from typing import Any

from django.utils import timezone

from kvs.models import User
from kvs.trace import acting
from kvs.vocabulary import KEEP_IN_TOUCH, PHOTO, PRIVATE_CLIENT
from privacy import rules
from privacy.actions import complaints
from privacy.actions.consents import say
from privacy.models import Complaint, PrivacyRequest
from students.demo import staff
from students.models import ConsentEvent, Enrolment, Student
from students.models.consents import running_private_contracts

ROOM = "In lokaal B3 is het te koud. Ik heb het twee keer gezegd."
PERSON = "De docent noemde mijn achterstand waar de hele groep bij was. Dat vind ik niet goed."
BOARD = "Mijn naam en telefoonnummer stonden op een lijst bij de ingang."
FOUNDED = "U hebt gelijk. De lijst hing er twee dagen. Op die lijst hoeft geen telefoonnummer te staan."
MEASURES = "De lijst is weggehaald en versnipperd. Bij de ingang hangt nu alleen het rooster, zonder namen."


def fill() -> None:
    """Called by privacy.demo, by which the mails about it are taken away too."""
    today = timezone.localdate()
    _consents(today)
    _open_complaints(today)
    _answered_complaint(today)


def _placed(group: str, number: int) -> list[Student]:
    """Who was registered first of those placed in this group today."""
    places = Enrolment.objects.active_on(timezone.localdate()).filter(group__name=group)
    found = places.select_related("programme__student__user").order_by("programme__student__number")[:number]
    return [place.programme.student for place in found]


def _consents(today: dt.date) -> None:
    """On paper, by who takes lessons in one group: some yes, some no, one taken back; and about an employer."""
    by, day = staff("ineke"), today - dt.timedelta(days=60)
    paper: dict[str, Any] = {"way": ConsentEvent.Way.PAPER, "place": "kast 1, map toestemmingen", "by": by, "on": day}
    spoken: dict[str, Any] = {"way": ConsentEvent.Way.SPOKEN, "by": by, "on": today}
    contracts = running_private_contracts(today).filter(starts_on__lte=day).select_related("programme__student", "client")
    with acting(lambda: by):
        asked = _placed("NT2 A2 dag 3", 6)
        for number, student in enumerate(asked):
            say(student=student, purpose=PHOTO.code, client=None, yes=number % 3 > 0, version=None, **paper)
            say(student=student, purpose=KEEP_IN_TOUCH.code, client=None, yes=number % 2 == 0, version=None, **paper)
        say(student=asked[-1], purpose=PHOTO.code, client=None, yes=False, version=None, **spoken)
        for number, contract in enumerate(contracts.order_by("-programme__student__number")[:3]):
            student, client = contract.programme.student, contract.client
            say(student=student, purpose=PRIVATE_CLIENT.code, client=client, yes=number > 0, version=None, **paper)


def _open_complaints(today: dt.date) -> None:
    """One from the own pages that nobody handles yet, and one about a colleague that is being looked into."""
    cold, hurt = _placed("NT2 A2 dag 3", 2)
    assert cold.user
    _take_in(cold, rules.ABOUT_OTHER, ROOM, today - dt.timedelta(days=3), by=cold.user, own=True)
    row = _take_in(
        hurt, rules.ABOUT_PERSON, PERSON, today - dt.timedelta(days=10), by=staff("noor"), accused_user=staff("agnieszka")
    )
    officer = staff("dana")
    with acting(lambda: officer):
        row = complaints.assign_complaint(complaint=row, version=row.version, handler=officer, by=officer)
        told_on = today - dt.timedelta(days=9)
        complaints.confirm_complaint(complaint=row, version=row.version, confirmed_on=told_on, by=officer)


def _answered_complaint(today: dt.date) -> None:
    """One that was right, with what the school does about it; closed."""
    wim = staff("wim")
    student = _placed("Onderwijsroute 1", 1)[0]
    row = _take_in(student, rules.ABOUT_DATA, BOARD, today - dt.timedelta(days=20), by=staff("noor"))
    with acting(lambda: wim):
        row = complaints.assign_complaint(complaint=row, version=row.version, handler=wim, by=wim)
        told_on = today - dt.timedelta(days=18)
        row = complaints.confirm_complaint(complaint=row, version=row.version, confirmed_on=told_on, by=wim)
        said = {"decision": Complaint.Decision.FOUNDED, "reasons": FOUNDED, "measures": MEASURES}
        row = complaints.decide_complaint(complaint=row, version=row.version, by=wim, **said)
        how = PrivacyRequest.Sent.POST
        row = complaints.send_complaint_letter(complaint=row, version=row.version, sent_on=today, how=how, by=wim)
        complaints.close_complaint(complaint=row, version=row.version, by=wim)


def _take_in(student: Student, about: str, words: str, received_on: dt.date, *, by: User, **facts: Any) -> Complaint:
    """`facts`: own, accused_user."""
    channel = PrivacyRequest.Channel.PORTAL if facts.get("own") else PrivacyRequest.Channel.DESK
    with acting(lambda: by):
        return complaints.take_in_complaint(
            about=about,
            received_on=received_on,
            by=by,
            channel=channel,
            person_kind=PrivacyRequest.Person.STUDENT,
            name=student.full_name,
            words=words,
            subject_audit_id=student.audit_id,
            **facts,
        )
