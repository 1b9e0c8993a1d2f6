"""Saying yes and no, for tests: in the own pages, at the desk, and by who may."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils import timezone

from kvs.models import User
from privacy.actions.requests import add_representation
from privacy.models import Representation
from reporting.models import DisclosedPerson, Disclosure
from students.actions import add_contract, start_programme
from students.models import Client, Consent, ConsentEvent, Student
from tests.factories import LONG_AGO
from tests.people import Browser

TODAY = timezone.localdate
DAY = dt.timedelta(days=1)
OWN = "privacy:own_consents"


def contract(student: Student, client: Client | None, by: User, **more: Any) -> Any:
    programme = start_programme(student=student, by=by, law="none", starts_on=LONG_AGO)
    return add_contract(programme=programme, by=by, client=client, **({"starts_on": LONG_AGO} | more))


def tap(browser: Browser, about: object, answer: str, *, text: int = 1, version: int | None = None) -> Any:
    """What one tap sends, as the page has it."""
    row = Consent.objects.filter(client__isnull=True, purpose=str(about)).first()
    known = version if version is not None else (row.version if row else 0)
    return browser.post(reverse(OWN), {"about": str(about), "answer": answer, "text": text, "version": known}, follow=True)


def state(student: Student, purpose: str = "photo") -> str | None:
    return Consent.objects.filter(student=student, purpose=purpose).values_list("state", flat=True).first()


def acts() -> list[str]:
    return list(ConsentEvent.objects.order_by("id").values_list("act", flat=True))


def disclose(student: Student, client: Client, by: User) -> Disclosure:
    facts: dict[str, Any] = {
        "report": "municipality",
        "parameters": {},
        "version": 1,
        "recipient": "municipality",
        "client": client,
        "by": by,
    }
    made = Disclosure.objects.create(**facts, reference="R 1", format="pdf", sha256="0" * 64, channel="secure_mail", locations=[])
    DisclosedPerson.objects.create(disclosure=made, audit_id=student.audit_id)
    return made


def represent(student: Student, by: User, kind: str, **more: Any) -> Representation:
    known = {"name": "Hala Haddad", "kind": kind, "document": "court", "starts_on": LONG_AGO}
    return add_representation(subject_audit_id=student.audit_id, subject_name=student.full_name, by=by, **(known | more))


def desk(question: str, **typed: Any) -> dict[str, Any]:
    known = {"answer": "yes", "said_by": "person", "way": "paper", "place": "kast 3", "on": TODAY().isoformat(), "version": 0}
    return {"about": question, **known, **typed}


def record(browser: Browser, student: Student, about: object, **typed: Any) -> Any:
    sent = {name: value for name, value in desk(str(about), **typed).items() if name != "about"}
    return browser.post(reverse("privacy:consent_record", args=[student.pk, about]), sent)
