"""Making a copy of everything about a person, and recording to whom it went."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kvs import catalogue
from kvs.files import store_file
from kvs.jobs import start_job
from kvs.models import User
from kvs.vocabulary import EXPORT_PERIOD
from privacy.export.files import access_zip, portability_zip
from privacy.export.gather import OWN_COPIES, Progress, gather
from privacy.models import PersonExport
from privacy.models.exports import KEPT_DAYS
from privacy.subject import find_person, subject_of

WRITING = gettext_noop("Making the files")


@transaction.atomic
def ask_export(*, person: Any, kind: str, by: User) -> PersonExport:
    """Start making a copy; the one that is being made already when there is one. Who may ask is up to the view."""
    User.objects.select_for_update().get(pk=by.pk)  # two taps make one copy
    same = PersonExport.objects.filter(subject_audit_id=person.audit_id, kind=kind, requested_by=by, made_at__isnull=True)
    for found in same.select_related("job"):
        if found.waiting:
            return found
    made = PersonExport.objects.create(subject_audit_id=person.audit_id, kind=kind, requested_by=by)
    made.job = start_job("privacy.export", {"export": made.pk}, by=by)
    made.save(update_fields=["job"])
    return made


def make_export(*, export: PersonExport, progress: Progress) -> None:
    """Read everything and store the zip, or nothing at all: whatever a part raises ends it here.

    One that has its file is left alone. Raises ValueError when the person is gone.
    """
    if export.made_at:
        return
    person = find_person(export.subject_audit_id)
    if person is None:
        raise ValueError("There is nobody to make it for.")
    with translation.override(settings.LANGUAGE_CODE):
        _store(export, person, progress)


@transaction.atomic
def _store(export: PersonExport, person: Model, progress: Progress) -> None:
    everything = gather(subject_of(person), progress)
    progress(1, 2, WRITING)
    write = access_zip if export.kind == PersonExport.Kind.ACCESS else portability_zip
    now = timezone.now()
    export.file = store_file(
        write(everything),
        kind=OWN_COPIES,
        content_type="application/zip",
        people=everything.subject.audit_ids,
        by=None,  # a file belongs to whom it is about; who asked stands in the row
        expires_at=now + dt.timedelta(days=KEPT_DAYS),
    )
    export.made_at, export.catalogue = now, catalogue.fingerprint()
    export.save(update_fields=["file", "made_at", "catalogue"])
    progress(2, 2, WRITING)


@transaction.atomic
def hand_over_export(*, pk: uuid.UUID, seen: str, by: User) -> PersonExport:
    """Record that the person has the copy, and how the school knew whom it was. Only once; the first time counts.

    Raises ValidationError when there is no file to hand over.
    """
    export = PersonExport.objects.select_for_update().get(pk=pk)
    if export.handed_over_at:
        return export
    if export.until is None:
        raise ValidationError(_("The file is gone. Make a new copy."))
    export.handed_over_at, export.handed_over_by, export.seen = timezone.now(), by, seen
    export.full_clean(exclude=["job", "file", "requested_by", "handed_over_by"])
    export.save(update_fields=["handed_over_at", "handed_over_by", "seen"])
    return export


def delete_old_exports() -> int:
    """Delete the rows of copies that were asked for longer ago than the catalogue says; how many."""
    before = timezone.now() - dt.timedelta(days=365 * EXPORT_PERIOD.period.years)
    deleted, _per_model = PersonExport.objects.filter(requested_at__lt=before).delete()
    return deleted
