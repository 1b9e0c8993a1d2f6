"""The demo school is made in demo mode only, and never in the database of a real school (decisions.md 23)."""

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from kvs.models import Location, Organisation, User


def test_only_in_demo_mode(db: None, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="in demo mode only"):
        call_command("demo_school")
    assert Organisation.objects.count() == 0


def test_never_in_the_database_of_a_real_school(school: Organisation, settings: Settings) -> None:
    settings.DEMO = True
    with pytest.raises(CommandError, match="belongs to a real school"):
        call_command("demo_school")
    assert (User.objects.count(), Location.objects.count()) == (0, 0)
