"""Numbers nobody can mean are answered with what can be, not with the limits of a column of the database."""

import pytest
from django.forms import BaseForm

from kvs.models import Location, User
from students.forms import ContractForm, GroupForm, StudentForm

pytestmark = pytest.mark.django_db
MONTH, DAY = "Een maand is een getal van 1 tot en met 12.", "Deze maand heeft die dag niet."
YEAR = "Een geboortejaar heeft vier cijfers en ligt niet in de toekomst."
FAR = ("99999", "-1", "2147483648", "9" * 30)


def told(form: BaseForm, name: str) -> list[str]:
    return [str(error) for error in form.errors.get(name, [])]


@pytest.mark.parametrize("typed", FAR)
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("birth_year", YEAR),
        ("birth_month", MONTH),
        ("birth_day", DAY),
        ("school_years", "Een aantal jaren onderwijs is een getal van 0 tot en met 40."),
    ],
)
@pytest.mark.parametrize("beside", [{}, {"birth_year": "1990", "birth_month": "2", "birth_day": "3"}], ids=["alone", "whole"])
def test_numbers_of_a_student(north: Location, name: str, sentence: str, typed: str, beside: dict[str, str]) -> None:
    form = StudentForm({"surname": "Kaya", **beside, name: typed}, locations=Location.objects.all())

    assert told(form, name) == [sentence]


@pytest.mark.parametrize("typed", [*FAR, "0"])
def test_numbers_of_groups_and_contracts(north: Location, ineke: User, typed: str) -> None:
    group = GroupForm({"name": "NT2", "capacity": typed}, locations=Location.objects.all())
    contract = ContractForm({"hours": typed}, user=ineke)

    assert told(group, "capacity") == ["Een groep heeft 1 tot en met 60 plaatsen."]
    assert told(contract, "hours") == ["Een contract heeft 1 tot en met 5000 uur."]
