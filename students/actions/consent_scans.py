"""Scans of papers on which a student said yes or no: sent up, thrown away."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from kvs.files import store_file
from kvs.models import User
from kvs.pictures import clean_upload
from students.models import ConsentEvent, ConsentScan, Student

KIND = "students.consent_scan"


@transaction.atomic
def add_scan(*, event: ConsentEvent, content: bytes, by: User) -> ConsentScan:
    """Keep the scan of what was signed. Raises ValidationError: not on paper, there already, or no picture or PDF."""
    student = Student.objects.select_for_update().get(pk=event.consent.student_id)
    if event.way != ConsentEvent.Way.PAPER:
        raise ValidationError(_("This was not said on paper: there is nothing to scan."))
    if ConsentScan.objects.filter(event=event).exists():
        raise ValidationError(_("There is a scan of this paper already. Throw that away first."))
    try:
        clean = clean_upload(content)
    except ValidationError as refused:
        raise ValidationError({"file": refused.messages}) from refused
    file = store_file(clean.content, kind=KIND, content_type=clean.content_type, people=[student.audit_id], by=by)
    return ConsentScan.objects.create(event=event, file=file, added_by=by)


@transaction.atomic
def remove_scan(*, scan: ConsentScan, by: User) -> None:
    """Throw a scan away, such as of the wrong paper; what was said stays."""
    scan.file.delete()
