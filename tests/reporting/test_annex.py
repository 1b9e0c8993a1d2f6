"""The annex of the contract: the catalogue, narrowed to whom this programme really goes to (B 8.1, 8.2)."""

import io
from pathlib import Path
from typing import Any

import pdfua
import pytest
from django.urls import reverse
from django.utils.translation import override
from pypdf import PdfReader

from kvs.models import AccessEvent, Location, Organisation, Role, User
from kvs.pdf import pdf_available
from reporting import processing
from reporting.annex import annex_of, annex_page, annex_pdf
from students import actions
from students.models import Client, Programme, Student
from tests.factories import LONG_AGO, make_policy, make_student, staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db
PAYER, DUO, BOW, PANTEIA = (
    "Gemeente Oosterveen",
    "DUO (Dienst Uitvoering Onderwijs)",
    "Blik op Werk",
    "het onderzoeksbureau (Panteia)",
)


def begun(location: Location, by: User, *, payer: bool, no_survey: bool = False, **fields: Any) -> Programme:
    """A programme with a contract: the municipality pays, or the student."""
    student = make_student(location, by, no_survey=no_survey)
    programme = actions.start_programme(student=student, by=by, starts_on=LONG_AGO, **fields)
    client = Client.objects.get_or_create(name=PAYER)[0] if payer else None
    actions.add_contract(programme=programme, by=by, client=client, starts_on=LONG_AGO)
    return Programme.objects.get(pk=programme.pk)


@pytest.mark.parametrize(
    ("programme", "expected"),
    [
        ({"law": "wi2021", "route": "b1", "payer": True}, {PAYER, DUO, BOW, PANTEIA}),
        ({"law": "wi2021", "route": "b1", "payer": True, "no_survey": True}, {PAYER, DUO, BOW}),
        ({"law": "wi2021", "route": "education", "payer": True}, {PAYER, DUO}),  # outside the quality mark
        ({"law": "wi2021", "route": "z", "is_elip": True, "payer": True}, {PAYER, DUO}),  # mail of 9 March 2022
        ({"law": "wi2013", "payer": False, "has_duo_loan": True}, {DUO, BOW, PANTEIA}),
        ({"law": "none", "payer": True}, {PAYER}),
        ({"law": "none", "payer": False, "has_duo_loan": True}, {DUO}),
        ({"law": "none", "payer": False}, set()),
    ],
)
def test_only_who_gets_something_of_this_programme_is_named(
    programme: dict[str, Any], expected: set[str], north: Location, ineke: User
) -> None:
    with override("nl"):
        found = annex_of(begun(north, ineke, **programme))
        blank = annex_of(None)
    assert {one.name for one in found.recipients} == expected
    assert len(found.recipients) + len(found.not_told) == len(blank.recipients)
    table = annex_page(found).split("Wie uw gegevens krijgt")[1].split("</table>")[0]
    assert [name for name in expected if name[1:] not in table] == []  # it begins with a capital there


def test_the_blank_names_all_recipients_and_every_kind_of_data_about_students(school: Organisation) -> None:
    with override("nl"):
        blank = annex_of(None)
        about_students = [subject for subject in processing.subjects() if Student in subject.people]
        page = annex_page(blank)
        used = {recipient.name for subject in about_students for recipient in subject.recipients}
        assert {one.name for one in blank.recipients} == {str(name) for name in used}
        for subject in about_students:
            assert str(subject.category.title) in page
            assert subject.period in page
        assert len(about_students) > 10
    assert "Contactpersonen" not in page  # case managers are told elsewhere
    assert "U geeft er geen toestemming mee" in page


def test_the_annex_says_who_is_responsible_and_which_policy_holds(north: Location, ineke: User, dana: User) -> None:
    Organisation.objects.update(
        street="Lindenlaan 1",
        postcode="1234 AB",
        city="Oosterveen",
        kvk_number="12345678",
        privacy_contact="functionaris gegevensbescherming",
        privacy_email="fg@voorbeeld.test",
    )
    make_policy(dana, number="5.0")
    page = annex_page(annex_of(begun(north, ineke, law="none", payer=True)))
    for words in ("Lindenlaan 1, 1234 AB Oosterveen", "KvK 12345678", "fg@voorbeeld.test", "Privacyreglement 5.0"):
        assert words in page


def test_looking_at_an_annex_leaves_a_line_and_strangers_get_none(
    north: Location, south: Location, ineke: User, anna: User, chris: User
) -> None:
    programme = begun(north, ineke, law="none", payer=True)
    address = reverse("reporting:annex", args=[programme.pk])
    assert PAYER in signed_in(ineke).get(address).content.decode()
    seen = AccessEvent.objects.filter(subject_audit_id=programme.student.audit_id, viewer_audit_id=ineke.audit_id)
    assert [line.kind for line in seen] == ["export"]
    assert [signed_in(user).get(address).status_code for user in (anna, chris)] == [403, 403]
    assert signed_in(staff(Role.ADMINISTRATION, south)).get(address).status_code == 404
    assert Browser().get(address).status_code == 302


@pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())
def test_the_annex_as_a_tagged_pdf(north: Location, ineke: User, tmp_path: Path) -> None:
    programme = begun(north, ineke, law="wi2021", route="b1", payer=True)
    made = annex_pdf(annex_page(annex_of(programme)))
    (tmp_path / "annex.pdf").write_bytes(made)
    findings = pdfua.validate(str(tmp_path / "annex.pdf")).findings
    assert [finding.message for finding in findings if finding.severity >= pdfua.Severity.ERROR] == []
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)
    assert PAYER in text
    assert "bijlage" in signed_in(ineke).get(reverse("reporting:annex", args=[programme.pk]) + "?vorm=pdf")["Content-Disposition"]
