"""The school's own facts: who may change them, what is refused, and two people at once."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kvs.models import AuditEntry, Organisation, Role, User
from tests.factories import staff
from tests.people import signed_in

NAUGHTY = ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "\u202eabc", "💣" * 30, "' OR 1=1 --"]


def typed(**values: Any) -> dict[str, Any]:
    """The form as it is sent when only `values` differ."""
    known: dict[str, Any] = {
        "name": "Taalschool Lindenhof",
        "bow_number": "",
        "measuring_year_month": "1",
        "handbook_edition": "",
    }
    known |= {"upload_kept_days": "14", "statement_months": "12", "review_months": "6", "unused_account_days": "30", "version": 1}
    known |= {"board_code_minutes": "3"}
    return known | values


def test_administration_fills_in_the_number(school: Organisation, ineke: User) -> None:
    answer = signed_in(ineke).post("/school/", typed(bow_number="0012345", measuring_year_month="9", handbook_edition="2026"))
    assert (answer.status_code, answer["Location"]) == (302, "/school/")
    row = Organisation.objects.get()
    assert (row.bow_number, row.measuring_year_month, row.handbook_edition, row.version) == ("0012345", 9, "2026", 2)
    line = AuditEntry.objects.filter(model="kvs.organisation").latest("id")
    assert line.actor_audit_id == ineke.audit_id


@pytest.mark.parametrize("number", ["12a", "12 34", "0", "0000", "-5", "1.5", "１２３", "12345678901", "٣٤"])
def test_what_is_no_number_is_said_at_the_form_and_stays(school: Organisation, ineke: User, number: str) -> None:
    answer = signed_in(ineke).post("/school/", typed(bow_number=number))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert ">Blik op Werk-nummer: " in page
    assert "1 tot 10 cijfers" in page or "niet meer dan 10 tekens" in page
    assert f'value="{number}"' in page
    assert Organisation.objects.get().bow_number == ""


@pytest.mark.parametrize(("days", "code"), [("1", 302), ("90", 302), ("0", 422), ("91", 422), ("", 422), ("veel", 422)])
def test_how_long_an_upload_is_kept(school: Organisation, ineke: User, days: str, code: int) -> None:
    answer = signed_in(ineke).post("/school/", typed(upload_kept_days=days))
    assert answer.status_code == code
    assert Organisation.objects.get().upload_kept_days == (int(days) if code == 302 else 14)


@pytest.mark.parametrize("month", ["0", "13", "januari", "", "99999999999999999999"])
def test_a_month_that_is_none(school: Organisation, ineke: User, month: str) -> None:
    assert signed_in(ineke).post("/school/", typed(measuring_year_month=month)).status_code == 422


@pytest.mark.parametrize("text", NAUGHTY)
def test_naughty_names_are_shown_as_text(school: Organisation, ineke: User, text: str) -> None:
    client = signed_in(ineke)
    assert client.post("/school/", typed(name=text)).status_code == 302
    assert "<script>alert" not in client.get("/school/").content.decode()


def test_a_zero_byte_is_refused(school: Organisation, ineke: User) -> None:
    assert signed_in(ineke).post("/school/", typed(name="Lin\x00den")).status_code == 422


def test_the_second_saver_is_told_who_was_first(school: Organisation, ineke: User) -> None:
    boss = staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra")
    assert signed_in(boss).post("/school/", typed(bow_number="111")).status_code == 302
    answer = signed_in(ineke).post("/school/", typed(bow_number="222"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Wim Terpstra heeft dit" in page
    assert 'value="222"' in page
    assert Organisation.objects.get().bow_number == "111"


def test_the_database_refuses_what_the_form_would(school: Organisation) -> None:
    for changes in ({"bow_number": "abc"}, {"bow_number": "000"}, {"measuring_year_month": 13}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Organisation.objects.update(**changes)


@pytest.mark.parametrize(("minutes", "code"), [("1", 302), ("15", 302), ("0", 422), ("16", 422), ("", 422)])
def test_the_school_says_how_long_a_code_stands_and_whether_it_is_needed(ineke: User, minutes: str, code: int) -> None:
    answer = signed_in(ineke).post("/school/", typed(board_code_minutes=minutes, board_code_required="on"))

    found = Organisation.objects.get()
    kept = (int(minutes), True) if code == 302 else (3, False)
    assert (answer.status_code, found.board_code_minutes, found.board_code_required) == (code, *kept)
