"""Versions of the processing register: frozen copies, and the differences between two in words (AVG 30; B 8.3, 8.4)."""

import copy
import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from kvs.models import AuditEntry, Job, Organisation, RetentionSetting, Role, User
from privacy import register
from privacy.actions.announcements import publish_register
from privacy.models import Announcement, RegisterVersion
from privacy.register import Change
from tests.factories import staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(school: Organisation, dana: User) -> RegisterVersion:
    return publish_register(is_important=False, summary="", by=dana)


def page(browser: Browser, name: str, *args: object, query: str = "") -> str:
    answer = browser.get(reverse(f"privacy:{name}", args=args) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def row(**fields: Any) -> dict[str, Any]:
    return {"purpose": "lesgeven", "basis": "overeenkomst", "data": "naam", "references": "B 4", "state": "bevestigd"} | fields


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([row()], [row()], []),
        ([], [row()], [Change("Waarom", "lesgeven", "added")]),
        ([row()], [], [Change("Waarom", "lesgeven", "removed")]),
        (
            [row()],
            [row(data="naam, adres")],
            [Change("Waarom", "lesgeven", "changed", (("Welke gegevens", "naam", "naam, adres"),))],
        ),
        (
            [row(gone="x")],
            [row(basis="wet")],
            [Change("Waarom", "lesgeven", "changed", (("Grondslag", "overeenkomst", "wet"), ("gone", "x", "")))],
        ),
        ([row(), row(purpose="b")], [row(purpose="b"), row()], []),  # the order is no change
    ],
)
def test_differences_in_words(before: list[dict[str, Any]], after: list[dict[str, Any]], expected: list[Change]) -> None:
    with override("nl"):
        assert register.differences({"purposes": before}, {"purposes": after}) == expected
    same = register.digest({"purposes": before}) == register.digest({"purposes": after})
    assert same == (expected == [])


def test_the_order_of_keys_in_the_database_names_no_row_otherwise(first: RegisterVersion) -> None:
    """PostgreSQL keeps jsonb with keys of its own order: a stored copy must not look changed or be called otherwise."""
    stored = RegisterVersion.objects.get()
    assert register.differences(stored.rows, register.rows_now()) == []
    assert register.digest(stored.rows) == stored.sha256 == register.digest(register.rows_now())
    names = [register._name(part, line) for part, lines in stored.rows.items() for line in lines]
    assert names == [register._name(part, line) for part in stored.rows for line in register.rows_now()[part]]
    assert [table["heads"][0] for table in register.as_tables(stored.rows)] == [
        *("Doel", "Welke gegevens", "Ontvanger", "Plaats", "Wat"),
    ]


def test_no_two_rows_of_a_part_have_one_name(school: Organisation) -> None:
    for part, lines in register.rows_now().items():
        names = [register._name(part, line) for line in lines]
        assert len(names) == len(set(names)), part


def test_the_register_has_all_that_law_and_policy_ask(first: RegisterVersion) -> None:
    """AVG 30(1) a to g, and the six parts of B 8.4: controller, purposes, data and people, recipients, terms, security."""
    rows = RegisterVersion.objects.get().rows
    assert {line["remark"] for line in rows["remarks"]} == {
        "Verwerkingsverantwoordelijke",
        "Contact voor privacy",
        "Doorgifte buiten de EER",
        "Beveiliging",
    }
    [identity] = [line for line in rows["data"] if line["data"] == "Wie u bent"]
    assert identity["people"] == "cursisten"
    assert identity["period"] == "3 jaar na het einde van het laatste traject; tot het einde van het doel"
    assert "DUO" in identity["recipients"]
    [transfers] = [line for line in rows["remarks"] if line["remark"] == "Doorgifte buiten de EER"]
    assert transfers["text"] == "Geen: elke ontvanger zit in de Europese Economische Ruimte."


def test_a_setting_of_the_school_changes_the_register_and_the_overview_says_so(first: RegisterVersion, dana: User) -> None:
    browser = signed_in(dana)
    sentence = "Het verwerkingsregister is veranderd sinds de laatste versie."
    assert sentence not in page(browser, "overview")
    RetentionSetting.objects.create(code="student_file", years=2)
    assert sentence in page(browser, "overview")
    shown = page(browser, "register")
    assert "<del>3 jaar na het einde van het laatste traject</del>" in shown
    assert "<ins>2 jaar na het einde van het laatste traject</ins>" in shown

    browser.post(reverse("privacy:register_publish"), {"is_important": "on", "summary": "Wij bewaren korter."})

    assert [(version.number, version.is_important) for version in RegisterVersion.objects.all()] == [(2, True), (1, False)]
    assert Announcement.objects.get().register == RegisterVersion.objects.first()
    assert Job.objects.filter(kind="privacy.announce").count() == 1
    assert sentence not in page(browser, "overview")
    assert "<ins>2 jaar" in page(browser, "register_difference")
    assert "<ins>3 jaar" in page(browser, "register_difference", query="?van=2&tot=1")
    assert "Er is niets veranderd" in page(browser, "register_difference", query="?van=2&tot=nu")


def test_without_a_change_there_is_no_new_version(first: RegisterVersion, dana: User) -> None:
    answer = signed_in(dana).post(reverse("privacy:register_publish"), {"summary": "Blijft staan"})
    assert answer.status_code == 422
    assert "Er is niets veranderd sinds versie 1." in answer.content.decode()
    assert "Blijft staan" in answer.content.decode()
    assert RegisterVersion.objects.count() == 1


def test_telling_everybody_needs_a_summary(first: RegisterVersion, dana: User) -> None:
    RetentionSetting.objects.create(code="student_file", years=2)
    answer = signed_in(dana).post(reverse("privacy:register_publish"), {"is_important": "on", "summary": ""})
    assert answer.status_code == 422
    assert "Zeg in gewoon Nederlands wat er verandert" in answer.content.decode()
    assert (RegisterVersion.objects.count(), Announcement.objects.count()) == (1, 0)


def test_a_version_stays_as_it_was(first: RegisterVersion) -> None:
    before = copy.deepcopy(first.rows)
    RetentionSetting.objects.create(code="student_file", years=2)
    assert RegisterVersion.objects.get().rows == before
    for change in (lambda: RegisterVersion.objects.update(summary="Anders"), lambda: RegisterVersion.objects.all().delete()):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_strangers_see_no_register(first: RegisterVersion, anna: User, chris: User, sami: User, ineke: User, dana: User) -> None:
    wim = staff(Role.MANAGEMENT, surname="Terpstra")
    for name, args in (("register", []), ("register_version", [1]), ("register_difference", [])):
        address = reverse(f"privacy:{name}", args=args)
        found = [signed_in(user).get(address).status_code for user in (anna, chris, sami, ineke, dana, wim)]
        assert found == [403, 403, 403, 403, 200, 200]
        assert Browser().get(address).status_code == 302
    assert signed_in(wim).post(reverse("privacy:register_publish"), {}).status_code == 403
    assert signed_in(dana).get(reverse("privacy:register_version", args=[2])).status_code == 404


def test_who_published_stands_in_the_log(school: Organisation, dana: User) -> None:
    signed_in(dana).post(reverse("privacy:register_publish"), {"summary": ""})
    assert AuditEntry.objects.filter(model="privacy.registerversion", actor_audit_id=dana.audit_id).count() == 1


def test_the_list_costs_the_same_for_one_and_for_three(
    first: RegisterVersion, dana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(dana)
    page(browser, "register")
    counts = []
    for years in (2, 4):
        with django_assert_num_queries(8):
            page(browser, "register")
        RetentionSetting.objects.update_or_create(code="student_file", defaults={"years": years})
        publish_register(is_important=False, summary="", by=dana)
        counts.append(RegisterVersion.objects.count())
    with django_assert_num_queries(8):
        page(browser, "register")
    assert counts == [2, 3]
    assert dt.timedelta(0) <= timezone.now() - RegisterVersion.objects.all()[0].published_at < dt.timedelta(hours=1)
