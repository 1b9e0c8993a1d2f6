"""Notes say nothing about health."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from students.health_words import says_health

OF_WORK = ("work_experience", "provider")  # names of work, and of where it is done


def check_no_health(notes: Mapping[str, object]) -> None:
    """Raise ValidationError, keyed by the name of the note, for a text that says something about somebody's health."""
    found = [name for name, text in notes.items() if isinstance(text, str) and says_health(text, of_work=name in OF_WORK)]
    if found:
        sentence = _("Write nothing about illness or health here, also not what somebody suffers from. Leave it out.")
        raise ValidationError(dict.fromkeys(found, sentence))
