"""Privacy at the demo school: one of everything the privacy officer has on the desk, all of it invented.

Through the actions, so that terms, letters and tasks are what a real school would see; nobody is mailed about it.
"""

import datetime as dt

from django.utils import timezone

from kvs.models import Job, User
from kvs.trace import acting
from kvs.vocabulary import QUALITY
from privacy import demo_consents, demo_policy, rules
from privacy.actions import requests
from privacy.actions.erasure import prepare_erasure
from privacy.actions.incidents import report_incident
from privacy.actions.objections import say_no
from privacy.actions.restrictions import restrict
from privacy.models import Erasure, Incident, PrivacyRequest, Representation, Restriction
from students.actions import record_exemption
from students.demo import staff
from students.models import Enrolment, Exemption, Programme, Student

MISSENT = (
    "Een e-mail met de lijst van een groep (namen en e-mailadressen) ging naar een verkeerd adres. De ontvanger belde zelf en "
    "zegt dat hij het bericht heeft weggegooid."
)
WRONG_DATE = "Mijn geboortedatum staat verkeerd op de brief van de school. Mijn goede datum staat op mijn verblijfskaart."
WANTS_TO_GO = "Ik wil dat de school mijn gegevens weghaalt. Ik zit nog wel in de groep."
STILL_NEEDED = (
    "U volgt nu lessen bij ons. Wij hebben uw gegevens nodig om u les te geven. De gemeente moet kunnen zien hoeveel uur u er "
    "was. Drie jaar na uw laatste les verwijderen wij uw gegevens. U hoeft dat niet opnieuw te vragen."
)


def fill() -> None:
    """Requests in every state, a restriction, an objection, a breach, an exemption, and an erasure that waits."""
    today = timezone.localdate()
    officer = staff("dana")
    demo_policy.fill()  # first: an erasure that is prepared counts the hand-outs
    demo_consents.fill()
    with acting(lambda: officer):
        _requests(today, officer)
        _limits(today, officer)
        _papers(today, officer)
        prepare_erasure(person=_former()[0], reason=Erasure.Reason.NO_GROUND, by=officer)
        record_exemption(
            programme=Programme.objects.filter(law="wi2021", student__in=_former()[1:]).earliest("student__number"),
            version=0,
            by=officer,
            kind=Exemption.Kind.EFFORT,
            body=Exemption.Body.DUO,
            decided_on=today - dt.timedelta(days=40),
        )
    teacher = staff("marijke")
    with acting(lambda: teacher):
        found = timezone.now() - dt.timedelta(hours=19)
        report_incident(kind=Incident.Kind.WRONG_PERSON, discovered_at=found, description=MISSENT, by=teacher)
    mails = ["privacy.tell_contacts", "privacy.tell_incident", "privacy.tell_complaint"]
    Job.objects.filter(kind__in=mails).delete()  # no mail for invented people


def _current(group: str) -> Student:
    """Who was registered last of those placed in this group today: the browser journeys begin with the others."""
    places = Enrolment.objects.active_on(timezone.localdate()).filter(group__name=group)
    return places.select_related("programme__student__user").latest("programme__student__number").programme.student


def _former() -> list[Student]:
    """Whose programmes are over, in order of number."""
    return list(Student.objects.exclude(programmes__ends_on=None).order_by("number"))


def _account(student: Student) -> User:
    assert student.user  # everybody who is placed has one
    return student.user


def _requests(today: dt.date, officer: User) -> None:
    """One that came in by the portal, one by letter that is too late, and one that is answered."""
    _ask(_current("NT2 A2 avond"), rules.ACCESS, today - dt.timedelta(days=6))
    wrote = _former()[-1]
    requests.take_in(
        kind=rules.RECTIFICATION,
        channel=PrivacyRequest.Channel.LETTER,
        received_on=today - dt.timedelta(days=33),
        person_kind=PrivacyRequest.Person.STUDENT,
        name=wrote.full_name,
        subject_audit_id=wrote.audit_id,
        contact=f"{wrote.street} {wrote.house_number}\n{wrote.postcode} {wrote.city}",
        words=WRONG_DATE,
        identity=rules.CALLED_BACK,
        identity_on=today - dt.timedelta(days=31),
        by=staff("ineke"),
    )
    asked = _ask(_current("Z-route 4"), rules.ERASURE, today - dt.timedelta(days=9), words=WANTS_TO_GO)
    asked = requests.establish_identity(request=asked, version=asked.version, method=rules.SEEN, by=officer)
    asked = requests.decide_request(
        request=asked,
        version=asked.version,
        decision=PrivacyRequest.Decision.REFUSED,
        grounds=[rules.NEEDED, rules.LEGAL_DUTY],
        explanation=STILL_NEEDED,
        by=officer,
    )
    requests.send_letter(request=asked, version=asked.version, sent_on=today, how=PrivacyRequest.Sent.PORTAL, by=officer)


def _ask(student: Student, kind: str, received_on: dt.date, words: str = "") -> PrivacyRequest:
    """As somebody asks with a number and a PIN."""
    return requests.take_in(
        kind=kind,
        channel=PrivacyRequest.Channel.PORTAL,
        received_on=received_on,
        person_kind=PrivacyRequest.Person.STUDENT,
        name=student.full_name,
        subject_audit_id=student.audit_id,
        words=words or None,
        identity=rules.SIGNED_IN,
        identity_on=received_on,
        by=_account(student),
        own=True,
    )


def _limits(today: dt.date, officer: User) -> None:
    """Somebody says the file is wrong, and somebody does not want to be in the reports for the quality mark."""
    restrict(
        student=_current("NT2 A2 weekend"),
        categories=["background"],
        ground=Restriction.Ground.ACCURACY,
        review_on=today + dt.timedelta(days=14),
        by=officer,
    )
    objecting = _current("Alfabetisering 1")
    say_no(student=objecting, purpose=QUALITY.code, by=_account(objecting), own=True, identity=rules.SIGNED_IN)


def _papers(today: dt.date, officer: User) -> None:
    """Who acts for somebody, and a map in a cabinet."""
    helped = _current("Alfabetisering 1")
    requests.add_representation(
        subject_audit_id=helped.audit_id,
        subject_name=helped.full_name,
        name="Bewindvoering De Wilg",
        contact="post@dewilg.example",
        kind=Representation.Kind.ADMINISTRATOR,
        scope=rules.PROPERTY,
        starts_on=today - dt.timedelta(days=200),
        document=Representation.Document.COURT,
        by=officer,
    )
    kept = _former()[0]
    requests.add_paper(
        subject_audit_id=kept.audit_id,
        name=kept.full_name,
        place="Noord",
        cabinet="kast 3, lade 2",
        since=today - dt.timedelta(days=300),
        by=officer,
    )
