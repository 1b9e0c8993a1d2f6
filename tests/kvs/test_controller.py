"""Who is responsible for the data stands wherever the law wants it (AVG 13(1), 30(1)(a); A "Gevestigd op")."""

from typing import Any

import pytest
from django.urls import reverse

from kvs.models import Organisation, Role, User
from privacy import register
from privacy.letters import extension_letter
from tests.factories import ask_privacy, make_student, staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db
FACTS = {
    "street": "Westblaak 7G",
    "postcode": "3012 KC",
    "city": "Rotterdam",
    "email": "info@voorbeeld.test",
    "phone": "010 123 45 67",
    "kvk_number": "12345678",
    "privacy_contact": "functionaris gegevensbescherming",
    "privacy_email": "fg@voorbeeld.test",
}
TYPED = {"name": "Taalschool Lindenhof", "measuring_year_month": "1", "upload_kept_days": "14", "version": "1"}
TYPED |= {"statement_months": "12", "review_months": "6", "unused_account_days": "30", "board_code_minutes": "3"}


def test_the_facts_are_typed_on_the_page_of_the_school(ineke: User) -> None:
    typed = TYPED | FACTS | {"postcode": "3012kc", "kvk_number": "1234 5678"}
    assert signed_in(ineke).post(reverse("school"), typed).status_code == 302
    assert Organisation.objects.values(*FACTS).get() == FACTS


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"city": ""}, "Vul het hele adres in"),
        ({"street": ""}, "Vul het hele adres in"),
        ({"postcode": "0123 AB"}, "Een postcode heeft vier cijfers en twee letters"),
        ({"postcode": "3012"}, "Een postcode heeft vier cijfers en twee letters"),
        ({"kvk_number": "1234567"}, "Een KvK-nummer heeft acht cijfers."),
        ({"kvk_number": "1234567x"}, "Een KvK-nummer heeft acht cijfers."),
        ({"phone": "bel maar"}, "Een telefoonnummer heeft cijfers"),
        ({"email": "geen adres"}, "e-mailadres"),
        ({"privacy_email": "fg"}, "e-mailadres"),
    ],
)
def test_what_is_no_fact_of_a_controller_is_said(wrong: dict[str, Any], sentence: str, ineke: User) -> None:
    answer = signed_in(ineke).post(reverse("school"), TYPED | FACTS | wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Organisation.objects.get().street == ""


def test_strangers_name_no_controller(anna: User, chris: User, sami: User) -> None:
    for user in (anna, chris, sami):
        assert signed_in(user).post(reverse("school"), TYPED | FACTS).status_code == 403
    assert Organisation.objects.get().street == ""


def test_the_controller_stands_on_the_public_page_in_the_register_and_on_letters(ineke: User, dana: User, north: Any) -> None:
    Organisation.objects.update(**FACTS)
    public = Browser().get(reverse("reporting:data_and_why"))
    request = ask_privacy(make_student(north, ineke), dana)
    register_says = {line["remark"]: line["text"] for line in register.rows_now()["remarks"]}
    assert public.cookies.output() == ""
    for words in ("Taalschool Lindenhof", "Westblaak 7G", "3012 KC Rotterdam", "KvK 12345678", "fg@voorbeeld.test"):
        assert words in public.content.decode().split('id="controller"')[1].split("<section")[0]
    assert register_says["Verwerkingsverantwoordelijke"].startswith("Taalschool Lindenhof, Westblaak 7G, 3012 KC Rotterdam · KvK")
    assert register_says["Contact voor privacy"] == "functionaris gegevensbescherming, fg@voorbeeld.test"
    assert "Westblaak 7G, 3012 KC Rotterdam" in extension_letter(request, dana)


def test_what_is_missing_is_an_alarm_for_the_privacy_officer(dana: User) -> None:
    browser, address = signed_in(dana), reverse("privacy:overview")
    missing = "ontbreekt: het adres, een e-mailadres of telefoonnummer, het contact voor privacy."
    assert missing in browser.get(address).content.decode()
    Organisation.objects.update(**FACTS)
    assert "ontbreekt" not in browser.get(address).content.decode()
    assert "ontbreekt" not in signed_in(staff(Role.MANAGEMENT)).get(address).content.decode()
