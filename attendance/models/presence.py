"""How a student's own "I was here" was given (norms 2.9.2 and 2.9.3 of Blik op Werk ask for the own login, not for the way)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Means(models.TextChoices):
    """What stood between the student and the confirmation. Empty on a claim: a teacher's, or older than this record."""

    PLAIN = "plain", _("own login")
    CODE = "code", _("own login and the code on the board")
    TABLET = "tablet", _("class tablet")
