"""The public page and the processing register: from the catalogue, complete, in Dutch, without a cookie."""

import io

import pytest
from django.urls import reverse
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from kvs import catalogue
from kvs.models import Organisation, User
from reporting import processing
from reporting.actions import ask_report, make_report
from reporting.report import reports
from tests.people import Browser


@pytest.fixture
def page(school: Organisation) -> str:
    return Browser().get(reverse("reporting:data_and_why")).content.decode()


def test_every_kind_of_data_stands_on_the_page(page: str) -> None:
    codes = {field.category.code for model in catalogue.load().models for field in model.personal}
    assert {code for code in codes if f'id="{code}"' in page} == codes
    assert page.count("<section") == len(codes) + 1
    assert "Van wie" in page
    assert "3 jaar na het einde van het laatste traject" in page


def test_data_kept_for_two_periods_tell_both(page: str) -> None:
    """An exemption is in the file, and a copy of it outlives the file (B 5)."""
    exemption = page.split('id="exemption"')[1].split("</section>")[0]
    assert "<dd>3 jaar na het einde van het laatste traject" in exemption
    assert "<dd>6 jaar na het einde van het laatste traject" in exemption


def test_what_is_not_confirmed_says_so(page: str) -> None:
    marks = {
        code: page.split(f'id="{code}"')[1].split("</section>")[0].count("nog niet bevestigd")
        for code in ("attendance", "account", "traces")
    }
    # Attendance: the purposes of reporting to clients and to DUO, the municipality, Blik op Werk. Account: how long
    # statements are kept. Traces: how long.
    assert marks == {"attendance": 4, "account": 1, "traces": 1}


def test_the_page_is_public_and_sets_no_cookie(school: Organisation) -> None:
    answer = Browser().get("/gegevens-en-waarom/")
    assert (answer.status_code, answer.cookies.output()) == (200, "")


@pytest.mark.django_db
def test_a_column_with_other_recipients_adds_them() -> None:
    found = {subject.category.code: subject for subject in processing.subjects()}
    assert {recipient.code for recipient in found["identity"].recipients} == {"municipality", "duo", "blik_op_werk", "surveyor"}
    assert "students.Student.surname" in found["identity"].fields
    assert sum(len(subject.fields) for subject in found.values()) == sum(len(model.personal) for model in catalogue.load().models)


def test_the_register_as_a_workbook(dana: User) -> None:
    report = reports()["processing_register"]
    form = report.form({})
    assert form.is_valid()
    run = ask_report(report=report, asked=form.cleaned_data, by=dana)
    make_report(run, lambda done, total, doing: None)
    from kvs.files import open_file  # noqa: PLC0415

    book = CalamineWorkbook.from_filelike(io.BytesIO(open_file(run.files.get(format="xlsx").file)))
    assert book.sheet_names == [
        "Waarom",
        "Welke gegevens, en hoe lang",
        "Aan wie buiten de school",
        "Waar de gegevens staan",
        "Toelichting",
    ]
    purposes, data, recipients, stores = (book.get_sheet_by_index(number).to_python()[1:] for number in range(4))
    with override("nl"):
        known = processing.subjects()
        assert [row[0] for row in data] == [str(subject.category.title) for subject in known]
    assert sorted(row[0] for row in stores) == sorted(_dutch(store.title) for store in catalogue.load().stores)
    [duo] = [row for row in purposes if str(row[0]).startswith("de financiering")]
    assert duo[1] == "wettelijke verplichting, AVG 6(1)(c)"
    assert duo[4] == "nog niet bevestigd"
    [municipality] = [row for row in recipients if str(row[0]).startswith("uw gemeente")]
    assert (municipality[1], municipality[2]) == ("verwerkingsverantwoordelijke", "NL")


def _dutch(text: object) -> str:
    with override("nl"):
        return str(text)
