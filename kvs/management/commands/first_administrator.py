"""Prints the link with which a new school begins; with an address, a new link for an administrator who lost every way in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from kvs import links
from kvs.begin import begin_token
from kvs.models import Organisation, User
from kvs.staff import MANAGERS

DEMO_SCHOOL = "This database holds the demo school, whose passwords are public: choose another KVS_VAR for a real school."
REAL_SCHOOL = "This database belongs to a real school: set KVS_DEMO=0."


class Command(BaseCommand):
    """Without an address it says nothing when the school is there: safe to run at every start."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The one argument."""
        parser.add_argument("email", nargs="?", help="of a system administrator or of management")

    def handle(self, email: str | None = None, **options: Any) -> None:
        """Raises CommandError when nobody who manages accounts has this address, and on a database of the other mode: the
        passwords of a demo school are public, so it must never be opened as a real one.
        """
        school = Organisation.objects.first()
        if school and school.is_demo != settings.DEMO:
            raise CommandError(DEMO_SCHOOL if school.is_demo else REAL_SCHOOL)
        if email:
            self.stdout.write(f"  One link, for one hour, to choose a new password:\n  {self._again(email)}")
        elif school is None:
            address = f"{settings.SITE_URL}{reverse('one_time_link')}#{begin_token()}"
            self.stdout.write(f"  This school is new. Open this link within a day to name it and to sign in:\n  {address}")

    def _again(self, email: str) -> str:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None or not user.has_role(*MANAGERS):
            raise CommandError("Nobody with this address manages the accounts of this school today.")
        return links.hand_over(user=user)
