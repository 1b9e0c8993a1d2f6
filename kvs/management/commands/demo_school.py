"""Makes the demo school once, from the `demo.py` of every app, and prints how to sign in."""

from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.module_loading import module_has_submodule

from kvs.demo import logins
from kvs.models import Organisation, Role


class Command(BaseCommand):
    """Safe to run at every start: a demo school that is there stays as it is."""

    help = __doc__ or ""

    def handle(self, **options: Any) -> None:
        """Raises CommandError outside demo mode and on the database of a real school (decisions.md 23)."""
        if not settings.DEMO:
            raise CommandError("The demo school is made in demo mode only (KVS_DEMO=1).")
        school = Organisation.objects.first()
        if school and not school.is_demo:
            raise CommandError("This database belongs to a real school: start it with KVS_DEMO=0, or choose another KVS_VAR.")
        if school is None:
            with transaction.atomic():
                self._fill()
        for role, name, secret in logins():
            self.stdout.write(f"  {Role(role).label:<40} {name:<34} {secret}")

    def _fill(self) -> None:
        for config in apps.get_app_configs():  # in the order of settings: lower layers first
            if module_has_submodule(config.module, "demo"):
                import_module(f"{config.name}.demo").fill()
