"""What may not be done with data of a student: set from the privacy part, obeyed by every action that changes the file."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from kvs import catalogue
from kvs.models import User
from students.models import Student


@transaction.atomic
def set_limits(*, student: Student, restricted: Iterable[str], objections: Iterable[str], by: User | None) -> Student:
    """Make these categories restricted and these purposes objected to, and no others. Raises IntegrityError for unknown codes.

    The version stays: a form somebody has open is about other columns.
    """
    row = Student.objects.select_for_update().get(pk=student.pk)
    row.restricted, row.objections = sorted({*restricted}), sorted({*objections})
    row.save(update_fields=["restricted", "objections"])
    return row


def check_unrestricted(student: Student, model: type[models.Model], names: Iterable[str]) -> None:
    """Raise ValidationError for columns of `model` whose category is restricted (AVG art. 18(2): only to be kept).

    Asks the database: the restriction may be younger than `student`.
    """
    restricted = Student.objects.filter(pk=student.pk).values_list("restricted", flat=True).first()
    if not restricted:
        return
    codes = {field.name: field.category.code for field in catalogue.fields_of(model)}
    if locked := sorted({codes[name] for name in names if codes.get(name) in restricted}):
        raise ValidationError(restricted_sentence(locked), code="restricted")


def restricted_sentence(codes: Iterable[str]) -> str:
    """Why nothing was changed."""
    names = ", ".join(str(catalogue.category(code).title) for code in codes)
    return _(
        "The use of '%(names)s' of this student is restricted. Nothing was changed. The privacy officer can lift the restriction."
    ) % {"names": names}
