"""What a student is asked to allow, what was said, and who may say it today: for the own page and the page of the office."""

import datetime as dt
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone

from kvs.models import User
from kvs.vocabulary import PRIVATE_CLIENT
from privacy import rules
from privacy.models import Representation
from students.models import Client, Consent, ConsentEvent, ConsentText, Programme, Student
from students.models.consents import CODES, CURRENT, about_title, running_private_contracts, to_ask
from students.rules import age_on


class Question(NamedTuple):
    """One thing a student is asked: to which text, and the row of what was said last. `key` names it in addresses."""

    key: str
    purpose: str
    client: Client | None
    text: ConsentText
    consent: Any  # Consent with `uncovered`, or None: never asked

    @property
    def title(self) -> str:
        """What it is about."""
        return about_title(self.purpose, self.client)

    @property
    def allowed(self) -> bool:
        """Whether it may be done now."""
        return self.given and not self.consent.uncovered

    @property
    def given(self) -> bool:
        """Whether a yes was said and not taken back; it may be to an older text."""
        return self.consent is not None and self.consent.state == Consent.State.GIVEN

    @property
    def ask_again(self) -> bool:
        """Whether the yes is to a text that asked something else."""
        return self.given and self.consent.uncovered

    @property
    def version(self) -> int:
        """Of the row, for who says something about it."""
        return self.consent.version if self.consent else 0


def questions(student: Student) -> list[Question]:
    """Everything this student is asked: the purposes of the school, and each private client there is or was a word about."""
    today = timezone.localdate()
    texts = ConsentText.objects.all_on(today)
    found = Consent.objects.with_cover(today).filter(student=student).select_related("client")
    events = Prefetch("events", ConsentEvent.objects.select_related("scan").order_by("-id"))
    said = {(row.purpose, row.client_id): row for row in found.prefetch_related(events)}
    contracts = running_private_contracts(today).filter(programme__student=student).select_related("client")
    clients = {contract.client for contract in contracts} | {row.client for row in said.values() if row.client}
    plain = [Question(code, code, None, texts[code], said.get((code, None))) for code in CODES if code != PRIVATE_CLIENT.code]
    code = PRIVATE_CLIENT.code
    named = sorted((client for client in clients if client), key=lambda client: client.name)
    return [*plain, *(Question(str(one.pk), code, one, texts[code], said.get((code, one.pk))) for one in named)]


# --- who may say it


class Speakers(NamedTuple):
    """Who gives and who takes back a consent of one student on one day (UAVG 5)."""

    person_gives: bool
    person_withdraws: bool
    givers: tuple[Representation, ...]
    withdrawers: tuple[Representation, ...]

    def may(self, representation: Representation | None, *, yes: bool) -> bool:
        """Whether a yes (or a no) of the student, or of this representative, counts."""
        if representation is None:
            return self.person_gives if yes else self.person_withdraws
        return representation in (self.givers if yes else self.withdrawers)


def speakers(student: Student, day: dt.date) -> Speakers:
    """Who may speak for this student on `day`. One query."""
    age = age_on(day, student.birth_year, student.birth_month, student.birth_day)
    known = list(Representation.objects.filter(subject_audit_id=student.audit_id).order_by("starts_on", "pk"))
    return Speakers(
        rules.person_may_consent(age, day, [one.standing for one in known]),
        rules.person_may_withdraw(age),
        tuple(one for one in known if rules.representative_may_consent(one.standing, age, day)),
        tuple(one for one in known if rules.representative_may_act(one.standing, age, day, rules.PERSONAL)),
    )


# --- the school as a whole

SHOWN = ("given", "again", "no", "never")


def waiting_for(user: User) -> int:
    """How many contracts with a private client wait for the word of a student."""
    return to_ask(user, timezone.localdate()).count()


def people_who(user: User, purpose: str, show: str) -> "QuerySet[Student]":
    """Students within reach of `user` whose last word about `purpose` is `show`, one of SHOWN.

    "never": who takes lessons and was not asked; for private clients: who has a contract with one and said nothing about it.
    """
    today = timezone.localdate()
    visible = Student.objects.visible_to(user)
    if show == "never":
        return visible.filter(pk__in=_never_asked(user, purpose, today))
    said = Consent.objects.with_cover(today).filter(_last_word(show), purpose=purpose)
    return visible.filter(pk__in=said.values("student"))


def _last_word(show: str) -> Q:
    given = Q(state=Consent.State.GIVEN)
    return {"given": given & CURRENT, "again": given & ~CURRENT, "no": ~given}[show]


def _never_asked(user: User, purpose: str, today: dt.date) -> Any:
    if purpose == PRIVATE_CLIENT.code:
        asked = Consent.objects.filter(student=OuterRef("programme__student"), client=OuterRef("client"))
        return to_ask(user, today).filter(~Exists(asked)).order_by().values("programme__student")
    learning = Programme.objects.active_on(today).exclude(student__consents__purpose=purpose)
    return learning.values("student")


def counts(user: User) -> dict[str, dict[str, int]]:
    """How many students said what, by purpose and SHOWN. The same number of queries whatever the school's size."""
    today = timezone.localdate()
    found = {code: dict.fromkeys(SHOWN, 0) for code in CODES}
    rows: Any = Consent.objects.with_cover(today).filter(student__in=Student.objects.visible_to(user)).order_by()
    for row in rows.values("purpose", "state", "uncovered").annotate(number=Count("student", distinct=True)):
        given = row["state"] == Consent.State.GIVEN
        show = ("again" if row["uncovered"] else "given") if given else "no"
        found[row["purpose"]][show] += row["number"]
    for code in CODES:
        found[code]["never"] = people_who(user, code, "never").count()
    return found
