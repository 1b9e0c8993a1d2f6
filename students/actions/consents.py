"""What records that a student allows something, or not. Who may say so is asked above (privacy/actions/consents.py)."""

import datetime as dt
import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.models import User
from students.models import Client, Consent, ConsentEvent, ConsentText, Student

ACT, STATE = ConsentEvent.Act, Consent.State


@transaction.atomic
def record_consent(
    *,
    student: Student,
    purpose: str,
    client: Client | None,
    yes: bool,
    version: int,
    on: dt.date,
    way: str,
    said_by: str,
    by: User,
    representation: uuid.UUID | None = None,
    place: str | None = None,
) -> Consent:
    """Record what was said on `on`, to the text of that day. `version`: of the row it was said about, 0 when there was none.

    Saying the same again changes nothing. Raises ValidationError: recorded meanwhile ("stale"), a day to come, or a day before
    something that was said later.
    """
    Student.objects.select_for_update().get(pk=student.pk)  # two who record the first word at once: one after the other
    if on > timezone.localdate():
        raise ValidationError({"on": _("This date lies in the future.")})
    text = _stored(ConsentText.objects.on(purpose, on))
    row = Consent.objects.filter(student=student, purpose=purpose, client=client).first()
    act = _act(row, text, yes=yes)
    if act is None:
        assert row
        return row
    made = _changed_row(row, Consent(student=student, purpose=purpose, client=client), version, act, on, text)
    event = ConsentEvent(
        consent=made,
        act=act,
        text_version=made.text_version,
        language=get_language() or "nl",
        on=on,
        way=way,
        said_by=said_by,
        representation=representation,
        place=place,
        by_audit_id=by.audit_id,
    )
    event.full_clean(exclude=["consent"])
    event.save(force_insert=True)
    return made


def _stored(text: ConsentText) -> ConsentText:
    """`text` as a row: what somebody said yes to can always be shown."""
    if not text._state.adding:
        return text
    facts = {"text": text.text, "important": text.important, "starts_on": text.starts_on}
    made, _new = ConsentText.objects.get_or_create(purpose=text.purpose, version=text.version, defaults=facts)
    return made


def _act(row: Consent | None, text: ConsentText, *, yes: bool) -> str | None:
    """What this comes to; None when it says what is known already."""
    given = row is not None and row.state == STATE.GIVEN
    if yes:
        if row is None or not given:
            return ACT.GIVEN
        return ACT.RENEWED if row.text_version < text.version else None
    if given:
        return ACT.WITHDRAWN
    return ACT.REFUSED if row is None else None


def _changed_row(row: Consent | None, new: Consent, version: int, act: str, on: dt.date, text: ConsentText) -> Consent:
    """The row that says so now, saved. Raises ValidationError."""
    facts: dict[str, object] = {"state": STATE.GIVEN if act == ACT.RENEWED else act, "since": on}
    if act in (ACT.GIVEN, ACT.RENEWED, ACT.REFUSED):
        facts["text_version"] = text.version  # a withdrawal is about the text that was agreed to
    if row is None:
        made = new
        for name, value in facts.items():
            setattr(made, name, value)
    else:
        last = row.events.aggregate(last=Max("on"))["last"]
        if last and on < last:
            raise ValidationError({"on": _("Something was said after this day already. Look at the page again.")})
        made = changed(Consent.objects.all(), row.pk, version, facts)
    made.full_clean(exclude=["student", "client"], validate_constraints=False)
    made.save()
    return made


@transaction.atomic
def change_consent_text(*, purpose: str, version: int, text: str, important: bool, starts_on: dt.date, by: User) -> ConsentText:
    """A new version of what is asked; `version` is the one it was written from.

    Raises ValidationError: "stale" when there is a newer one, or for a day before today or before that version.
    """
    newest = ConsentText.objects.filter(purpose=purpose).order_by("-version").first()
    newest = newest or _stored(ConsentText.objects.on(purpose, timezone.localdate()))
    if newest.version != version:
        raise ValidationError(
            _("A colleague made version %(version)d meanwhile. Your text is below and not saved: compare, then save again."),
            code="stale",
            params={"version": newest.version},
        )
    if starts_on < max(timezone.localdate(), newest.starts_on):
        raise ValidationError({"starts_on": _("Choose today or a later day, not before the version that is there.")})
    made = ConsentText(purpose=purpose, version=version + 1, text=text, important=important, starts_on=starts_on)
    made.full_clean()
    made.save(force_insert=True)
    return made
