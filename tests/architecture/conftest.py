"""The school that the generated tests walk through."""

import pytest

from kvs.models import Location, User
from tests.whole_school import WholeSchool, make_school


@pytest.fixture
def whole(north: Location, ineke: User, monkeypatch: pytest.MonkeyPatch) -> WholeSchool:
    # Thousands of pages are opened, and Django's client would keep a copy of what every template of them knew.
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_args, **_kwargs: None)
    return make_school(north, ineke)
