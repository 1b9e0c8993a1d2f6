"""Rules for passwords: long rather than complicated, and nothing an attacker of a Dutch school tries first."""

import re
import unicodedata
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.models import Membership, Organisation, Role, User

# The commonest Dutch words in leaked passwords, and the words of our field. Judged on what is left without them.
BLOCKED_WORDS = Path(__file__).with_name("blocked_words.txt").read_text().split()
REST_MINIMUM = 6  # characters that must remain


LOOK_ALIKES = str.maketrans("013457@$€!", "oieastasei")


def folded(text: str) -> str:
    """Lower case without accents, digits and signs."""
    return re.sub(r"[\W\d_]", "", unicodedata.normalize("NFKD", text.casefold()))


class LengthValidator:
    """NIST SP 800-63B-4, 3.1.1.2: at least 15 characters where the password is the only factor, 8 with a second one."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when `password` is too short."""
        if len(password) < minimum_for(user):
            raise ValidationError(self.get_help_text(user), code="password_too_short")

    def get_help_text(self, user: User | None = None) -> str:
        """The rule in words."""
        return _("Use at least %(minimum)d characters. A sentence of a few words is easy to remember.") % {
            "minimum": minimum_for(user)
        }


def minimum_for(user: User | None) -> int:
    """How many characters a password of `user` needs: fewer for who cannot sign in without a second step."""
    if user is None or settings.DEMO:
        return settings.PASSWORD_MINIMUM
    roles = Membership.objects.filter(user_id=user.pk).exclude(ends_on__lt=timezone.localdate())
    works = roles.exclude(role=Role.STUDENT).exists()
    return settings.PASSWORD_MINIMUM_WITH_SECOND_STEP if works else settings.PASSWORD_MINIMUM


def help_text(user: User) -> str:
    """All rules for a password of `user` in words."""
    return f"{LengthValidator().get_help_text(user)} {BlocklistValidator().get_help_text()}"


class BlocklistValidator:
    """Refuses what is only a series of well-known words, the own name, the school's name, or one repeated pattern."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError when too little remains after the blocked words are taken out."""
        words = sorted(self._words(user), key=len, reverse=True)
        for text in (folded(password), folded(password.casefold().translate(LOOK_ALIKES))):  # "W€lk0m" is "welkom"
            rest = text
            for word in words:
                rest = rest.replace(word, "")
            if len(rest) < REST_MINIMUM or len(set(rest)) < REST_MINIMUM - 2:
                raise ValidationError(
                    _("This password is easy to guess: it is made of well-known words, your name or one repeated pattern."),
                    code="password_too_common",
                )

    def get_help_text(self) -> str:
        """The rule in words."""
        return _("Not your name, the name of the school or only well-known words.")

    def _words(self, user: User | None) -> set[str]:
        own = [user.call_name, user.surname, (user.email or "").split("@")[0]] if user else []
        school = Organisation.objects.values_list("name", flat=True).first() or ""
        context = [folded(part) for text in [*own, school] for part in re.split(r"[\s.\-_]+", text)]
        return {word for word in [*BLOCKED_WORDS, *context] if len(word) >= 3}
