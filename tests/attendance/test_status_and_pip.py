"""Status holders and the hours of their PIP: kept with their source, read by few, and asked by the rules of hours."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from attendance.hour_rules import NEEDS_PIP_KNM, NEEDS_STATUS
from attendance.hours_overview import overview
from kvs.catalogue import readable_by
from kvs.models import Location, Role, User
from students import actions
from students.models import Enrolment, Programme, Student
from tests.factories import staff
from tests.people import signed_in
from tests.students.importing import book, send, work

pytestmark = pytest.mark.django_db
KNOWN = {"status_holder": "yes", "status_source": "pip"}
PIP = {"pip_language_hours": 500, "pip_knm_hours": 40, "pip_participation_hours": 800, "pip_week_hours": 12}


@pytest.fixture
def programme(places: list[Enrolment], ineke: User) -> Programme:
    """Abdi's, on the B1 route."""
    return changed(places[0].programme, ineke, law="wi2021", route="b1")


def changed(programme: Programme, by: User, **changes: Any) -> Programme:
    version = Programme.objects.values_list("version", flat=True).get(pk=programme.pk)
    return actions.change_programme(programme=programme, version=version, by=by, changes=changes)


def missing(programme: Programme, by: User) -> dict[str, list[str]]:
    """What is not known, by rule that asks something."""
    found = overview(programme, by, timezone.localdate()).rules
    return {row.rule.key: [str(fact) for fact in row.missing] for row in found if row.missing}


def test_unknown_stays_unknown_and_says_what_is_missing(programme: Programme, ineke: User) -> None:
    status, knm = str(NEEDS_STATUS), str(NEEDS_PIP_KNM)

    assert missing(programme, ineke) == {
        "extension_450": [status],
        "extension_pip": [status, "de uren taal in het PIP", knm],
    }
    text = signed_in(ineke).get(reverse("attendance:programme_hours", args=[programme.pk])).content.decode()
    assert "niet bekend: of dit een asielstatushouder is" in text
    assert missing(changed(programme, ineke, **KNOWN, pip_language_hours=500), ineke) == {"extension_pip": [knm]}
    assert missing(changed(programme, ineke, **PIP), ineke) == {}


def test_the_rules_follow_the_status(programme: Programme, ineke: User) -> None:
    def keys(row: Programme) -> set[str]:
        return {found.rule.key for found in overview(row, ineke, timezone.localdate()).rules if found.rule.people}

    assert keys(changed(programme, ineke, **KNOWN)) == {"extension_pip"}
    assert keys(changed(programme, ineke, status_holder="no", status_source="student")) == {"extension_450"}
    assert keys(changed(programme, ineke, route="z")) == set()
    assert keys(changed(programme, ineke, **KNOWN)) == {"z_participation", "api_participation"}


def test_nothing_is_reached_while_a_fact_is_missing(programme: Programme, ineke: User) -> None:
    row = changed(programme, ineke, **KNOWN, pip_language_hours=0)
    (pip,) = [found for found in overview(row, ineke, timezone.localdate()).rules if found.rule.key == "extension_pip"]

    assert pip.rule.reached(pip.counted)  # nothing is asked of language, nothing known of KNM
    assert not pip.reached


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"status_holder": "yes"}, "Zeg waarvan de school weet of iemand statushouder is, en alleen dan."),
        ({"status_source": "pip"}, "Zeg waarvan de school weet of iemand statushouder is, en alleen dan."),
        ({"law": "wi2013", "route": "", "pip_knm_hours": 1}, "Alleen een traject onder de Wi2021 heeft een PIP met uren."),
        ({"pip_language_hours": 5001}, "Zorg ervoor dat deze waarde hoogstens 5000 is."),
        ({"pip_week_hours": 61}, "Zorg ervoor dat deze waarde hoogstens 60 is."),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(programme: Programme, ineke: User, changes: Any, sentence: str) -> None:
    with pytest.raises(ValidationError) as problem:
        changed(programme, ineke, **changes)

    assert sentence in problem.value.messages


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"status_holder": "yes"}, "programme_status_source"),
        ({"status_holder": "hm", "status_source": "pip"}, "programme_status_source"),
        ({"law": "wi2013", "route": "", "pip_week_hours": 3}, "programme_pip_of_law"),
        ({"pip_participation_hours": 5001}, "programme_pip_hours"),
    ],
)
def test_the_database_guards_it(programme: Programme, changes: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Programme.objects.filter(pk=programme.pk).update(**changes)


# --- who reads it


def test_few_read_it(programme: Programme, ineke: User, north: Location, anna: User, chris: User) -> None:
    row = changed(programme, ineke, **KNOWN, **PIP)
    fields = {"status_holder", "status_source", *PIP}
    readers = {role for role in Role if fields <= set(readable_by(Programme, role))}
    page = reverse("students:programmes", args=[row.student_id])

    assert readers == {Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER}
    assert {role for role in Role if fields & set(readable_by(Programme, role))} == readers
    shown = signed_in(staff(Role.FINANCE, north)).get(page).content.decode()
    assert "Asielstatushouder" in shown
    assert "het PIP van de gemeente" in shown
    assert signed_in(anna).get(page).status_code == 403
    assert signed_in(staff(Role.COORDINATOR, Location.objects.create(name="Elders"))).get(page).status_code == 404


def test_the_form_keeps_what_was_typed(programme: Programme, ineke: User, north: Location) -> None:
    browser, address = signed_in(ineke), reverse("students:programme_edit", args=[programme.pk])
    typed = {"law": "wi2021", "route": "b1", "target_level": "", "starts_on": "2020-01-01", "bsn_basis": "", "version": "2"}
    typed |= {"status_holder": "yes", "status_source": "", "pip_language_hours": "500"}

    refused = browser.post(address, typed)
    assert refused.status_code == 422
    assert "Zeg waarvan de school weet of iemand statushouder is, en alleen dan." in refused.content.decode()
    assert refused.context["form"]["pip_language_hours"].value() == "500"

    assert browser.post(address, typed | {"status_source": "municipality"}).status_code == 302
    programme.refresh_from_db()
    assert (programme.status_holder, programme.status_source, programme.pip_language_hours) == ("yes", "municipality", 500)


# --- from a spreadsheet


HEAD = ("Achternaam", "Voornaam", "Wet", "Statushouder", "PIP uren taal", "PIP uren KNM", "PIP uren per week")


def imported(by: User, location: Location, *rows: tuple[Any, ...]) -> list[Programme]:
    browser = signed_in(by)
    run = send(browser, book(rows, head=HEAD), location=str(location.pk))
    browser.post(reverse("students:import_start", args=[run.pk]), {"version": str(run.version)})
    run.refresh_from_db()
    work(run)
    return list(Programme.objects.order_by("student__surname"))


def test_a_file_may_say_it(ineke: User, north: Location) -> None:
    found = imported(
        ineke,
        north,
        ("Aalders", "Rania", "Wi2021", "ja", 500, 40, 15),
        ("Bakker", "Olena", "", "gezinsmigrant", 450, "", ""),
        ("Chen", "Wei", "Wi2013", "", "", "", ""),
    )

    assert [(row.law, row.status_holder, row.status_source, row.pip_language_hours, row.pip_knm_hours) for row in found] == [
        ("wi2021", "yes", "file", 500, 40),
        ("wi2021", "no", "file", 450, None),  # only the Wi2021 has a PIP with hours
        ("wi2013", "", "", None, None),
    ]


def test_pip_hours_under_another_law_are_asked_about(ineke: User, north: Location) -> None:
    run = send(signed_in(ineke), book([("Aalders", "Rania", "Wi2013", "", 500, "", "")], head=HEAD), location=str(north.pk))
    text = signed_in(ineke).get(reverse("students:import", args=[run.pk])).content.decode()

    assert "Alleen een traject onder de Wi2021 heeft een PIP met uren." in text
    assert Student.objects.count() == 0
