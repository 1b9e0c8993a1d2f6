"""What gives and takes back a consent: by who may (UAVG 5), at once, and what has to follow when something was told already."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from kvs.models import User
from kvs.vocabulary import PHOTO
from privacy import letters, rules
from privacy.actions.requests import request_to_join, take_in
from privacy.consents import Speakers, speakers
from privacy.models import PrivacyRequest, Representation, RequestTask
from reporting.models import Disclosure
from students.actions.consents import record_consent
from students.models import Client, Consent, ConsentEvent, ConsentText, Student

SAID_BY = ConsentEvent.SaidBy


@transaction.atomic
def say(
    *,
    student: Student,
    purpose: str,
    client: Client | None,
    yes: bool,
    on: dt.date,
    way: str,
    by: User,
    version: int | None,
    representation: Representation | None = None,
    place: str | None = None,
    own: bool = False,
    identity: str = "",
) -> Consent:
    """Record a yes or a no, of the student or of `representation`. A no acts at once: what rests on the consent stops.

    `version`: of the row it was said about, 0 when there was none, None for a no that counts whatever was recorded meanwhile.
    `own`: the student says it in the own pages. Raises ValidationError: who may not say it, a yes that is not in writing, a
    paper without a place, or something recorded meanwhile.
    """
    Student.objects.select_for_update().get(pk=student.pk)
    _refuse_unable(speakers(student, on), representation, yes=yes)
    _refuse_loose(way, place, yes=yes)
    known = Consent.objects.filter(student=student, purpose=purpose, client=client).first()
    made = record_consent(
        student=student,
        purpose=purpose,
        client=client,
        yes=yes,
        version=(known.version if known else 0) if version is None else version,
        on=on,
        way=way,
        said_by=SAID_BY.REPRESENTATIVE if representation else SAID_BY.PERSON,
        representation=representation.pk if representation else None,
        place=place or None,
        by=by,
    )
    if known is not None and known.state == Consent.State.GIVEN and made.state == Consent.State.WITHDRAWN:
        _see_to_it(made, by, own=own, identity=identity)
    return made


def say_in_own_pages(
    *, student: Student, purpose: str, client: Client | None, yes: bool, seen: tuple[int, int], by: User, identity: str
) -> Consent:
    """What the student taps. `seen`: versions of the text and of the row on the page; a no counts whatever was on it.

    Raises ValidationError as `say`, and when the text changed after it was read.
    """
    today = timezone.localdate()
    text, version = seen
    if yes and ConsentText.objects.on(purpose, today).version != text:
        raise ValidationError(_("The text changed just now. Read it again, then choose."))
    return say(
        student=student,
        purpose=purpose,
        client=client,
        yes=yes,
        on=today,
        way=ConsentEvent.Way.PORTAL,
        by=by,
        version=version if yes else None,
        own=True,
        identity=identity,
    )


def _refuse_unable(who: Speakers, representation: Representation | None, *, yes: bool) -> None:
    """Raise ValidationError when this word does not count."""
    if who.may(representation, yes=yes):
        return
    if representation is not None:
        text = _("On that day this representative could not say this for the student (UAVG 5).")
    elif yes:
        text = _("For this student a parent or another representative says yes (UAVG 5).")
    else:
        text = _("Under 12 years a parent or guardian says this (UAVG 5).")
    raise ValidationError({"said_by": text})


def _refuse_loose(way: str, place: str | None, *, yes: bool) -> None:
    """Raise ValidationError for a yes that is not in writing, and for a paper nobody can find."""
    if yes and way == ConsentEvent.Way.SPOKEN:
        text = _("A yes is in writing: on paper with a signature, or by the student in the own pages.")
        raise ValidationError({"way": text})
    if way == ConsentEvent.Way.PAPER and not place:
        raise ValidationError({"place": _("Say where the signed paper lies.")})


# --- what follows when it is taken back


def _see_to_it(consent: Consent, by: User, *, own: bool, identity: str) -> None:
    """Where something was told or shown already, somebody has to see to it: a request with its clock, letter and tasks."""
    wanted = _tasks(consent)
    if not wanted:
        return
    asked = request_to_join(consent.student.audit_id, rules.CONSENT, own=own)
    if asked is None:
        asked = take_in(**_facts(consent.student, by, own), identity=identity, by=by, own=own)
    known = set(asked.tasks.open().values_list("kind", "what"))
    for task in wanted:
        if (task.kind, task.what) not in known:
            task.request = asked
            task.save(force_insert=True)


def _tasks(consent: Consent) -> list[RequestTask]:
    if consent.purpose == PHOTO.code:
        with translation.override(letters.LANGUAGE):
            return [RequestTask(kind=RequestTask.Kind.SYSTEM, what=_("website, social media and leaflets: photos and films"))]
    given = Disclosure.objects.filter(client=consent.client, people__audit_id=consent.student.audit_id)
    last = given.select_related("client").order_by("-at").first() if consent.client else None
    if last is None:
        return []
    day = timezone.localdate(last.at)
    return [RequestTask(kind=RequestTask.Kind.RECIPIENT, what=str(last.receiver)[:200], last_on=day)]


def _facts(student: Student, by: User, own: bool) -> dict[str, Any]:
    return {
        "kind": rules.CONSENT,
        "channel": PrivacyRequest.Channel.PORTAL if own else PrivacyRequest.Channel.DESK,
        "received_on": timezone.localdate(),
        "person_kind": PrivacyRequest.Person.STUDENT,
        "subject_audit_id": student.audit_id,
        "name": student.full_name,
        "contact": (by.email if own else student.email) or None,
    }
