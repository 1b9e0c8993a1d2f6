"""Nobody sees data before stating confidentiality and instruction; who stated what is kept; the texts have versions."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kvs import statements
from kvs.models import (
    AuditEntry,
    Location,
    Membership,
    Organisation,
    Role,
    Statement,
    StatementKind,
    StatementText,
    User,
    WebSession,
)
from kvs.statements import Said, both_until, current_texts, valid_until
from students.actions import open_account
from tests.factories import LONG_AGO, make_student, make_user, staff, stated
from tests.people import Browser, signed_in

DAY = dt.timedelta(days=1)
TICKED = {"confidentiality": "on", "instruction": "on", "confidentiality_number": "1", "instruction_number": "1"}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture
def new(north: Location) -> User:
    """Teaches at North since today and has stated nothing."""
    return staff(
        Role.TEACHER, north, call_name="Nieuw", infix="", surname="Hier", email="nieuw@voorbeeld.test", stated_until=None
    )


# --- the rule


@pytest.mark.parametrize(
    ("said", "important", "months", "until"),
    [
        ([], {}, 12, {}),
        ([Said("instruction", 1, day("2026-03-10"))], {}, 12, {"instruction": day("2027-03-09")}),  # yearly: the issue, section 5
        ([Said("instruction", 1, day("2024-02-29"))], {}, 12, {"instruction": day("2025-02-27")}),
        ([Said("instruction", 1, day("2026-01-31"))], {}, 1, {"instruction": day("2026-02-27")}),
        # the latest of two counts, whatever their order
        (
            [Said("instruction", 1, day("2026-03-10")), Said("instruction", 1, day("2025-03-10"))],
            {},
            12,
            {"instruction": day("2027-03-09")},
        ),
        # an important version ends what was stated of an earlier one; one that is not important does not
        ([Said("instruction", 1, day("2026-03-10"))], {"instruction": 2}, 12, {}),
        ([Said("instruction", 2, day("2026-03-10"))], {"instruction": 2}, 12, {"instruction": day("2027-03-09")}),
        ([Said("instruction", 2, day("2026-03-10"))], {"instruction": 1}, 12, {"instruction": day("2027-03-09")}),
        ([Said("instruction", 1, day("2026-03-10"))], {"confidentiality": 2}, 12, {"instruction": day("2027-03-09")}),
    ],
)
def test_until_when_a_statement_holds(
    said: list[Said], important: dict[str, int], months: int, until: dict[str, dt.date]
) -> None:
    assert valid_until(said, important, months) == until


def test_both_are_needed_and_the_first_to_end_counts() -> None:
    first, second = day("2026-05-01"), day("2026-06-01")

    assert both_until({"confidentiality": second, "instruction": first}) == first
    assert both_until({"confidentiality": second}) is None
    assert both_until({}) is None


# --- the gate


def test_who_has_not_stated_is_led_to_the_statements_and_then_on(new: User) -> None:
    browser = signed_in(new)
    wanted = reverse("attendance:today")

    assert browser.get(wanted)["Location"] == f"{reverse('statements')}?next={wanted}"
    page = browser.get(f"{reverse('statements')}?next={wanted}").content.decode()
    assert "Ik houd die gegevens geheim" in page
    assert "Ik gebruik alleen mijn eigen account" in page
    assert reverse("students:list") not in page  # no navigation, no search
    answer = browser.post(reverse("statements"), TICKED | {"next": wanted})
    assert answer["Location"] == wanted
    assert browser.get(wanted).status_code == 200

    made = Statement.objects.filter(user=new)
    assert {(row.text.kind, row.text.number) for row in made} == {("confidentiality", 1), ("instruction", 1)}
    assert all(timezone.now() - row.said_at < dt.timedelta(minutes=1) for row in made)
    assert AuditEntry.objects.filter(model="kvs.statement", actor_audit_id=new.audit_id).count() == 2


def test_every_page_but_the_counted_ones_is_behind_the_gate(north: Location, ineke: User, school: Organisation) -> None:
    from tests.architecture.test_urls import PUBLIC  # noqa: PLC0415  # that file collects tests of its own
    from tests.whole_school import make_school  # noqa: PLC0415

    whole = make_school(north, ineke)
    User.objects.update(stated_until=None)
    gate = reverse("statements")
    for role in (Role.TEACHER, Role.ADMINISTRATION):
        browser = signed_in(whole.people[role])
        opened = {
            name for name, address in whole.addresses().items() if not browser.get(address).get("Location", "").startswith(gate)
        }
        assert opened == PUBLIC | statements.OPEN
        break_out = browser.post(reverse("students:search"), {"q": "Rania"})
        assert break_out["Location"].startswith(gate)
    assert len(statements.OPEN) == 13


def test_what_is_open_names_addresses_that_exist() -> None:
    assert [reverse(name, args=[1] if name == "factor_remove" else []) for name in statements.OPEN]


def test_students_state_nothing(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    account = open_account(student=student, by=ineke)
    assert account.stated_until is None

    browser = signed_in(account)

    assert browser.get(reverse("attendance:portal")).status_code == 200
    assert browser.get(reverse("statements")).status_code == 403
    assert browser.post(reverse("statements"), TICKED).status_code == 403
    assert Statement.objects.count() == 0


def test_a_student_who_also_works_here_meets_the_gate(north: Location, ineke: User) -> None:
    account = open_account(student=make_student(north, ineke), by=ineke)
    Membership.objects.create(user=account, role=Role.TEACHER, location=north, starts_on=LONG_AGO)

    assert signed_in(account).get(reverse("attendance:portal"))["Location"].startswith(reverse("statements"))


@pytest.mark.parametrize(("ends", "code"), [(0, 200), (-1, 302)])
def test_the_last_day_still_counts(anna: User, ends: int, code: int) -> None:
    User.objects.filter(pk=anna.pk).update(stated_until=timezone.localdate() + ends * DAY)

    assert signed_in(anna).get(reverse("attendance:today")).status_code == code


def test_a_form_that_meets_the_gate_is_kept(north: Location, ineke: User) -> None:
    browser = signed_in(ineke)
    address = reverse("students:group_add")
    User.objects.update(stated_until=None)

    answer = browser.post(address, {"name": "Avondgroep"}, headers={"referer": f"https://testserver{address}"})
    assert answer["Location"] == f"{reverse('statements')}?next={address}"
    assert browser.post(reverse("statements"), TICKED | {"next": address})["Location"] == address
    assert 'value="Avondgroep"' in browser.get(address).content.decode()


def test_part_of_a_page_sends_the_whole_page_away(new: User) -> None:
    answer = signed_in(new).get(reverse("attendance:today"), headers={"hx-request": "true"})

    assert answer["HX-Redirect"].startswith(reverse("statements"))


@pytest.mark.parametrize("goal", ["https://elders.example/", "//elders.example", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere(new: User, goal: str) -> None:
    assert signed_in(new).post(reverse("statements"), TICKED | {"next": goal})["Location"] == "/"


def test_a_missing_tick_is_asked_for_at_the_box(new: User) -> None:
    answer = signed_in(new).post(reverse("statements"), TICKED | {"instruction": ""})

    assert answer.status_code == 422
    assert "Lees de tekst en zet hier een vinkje" in answer.content.decode()
    assert Statement.objects.count() == 0
    assert User.objects.get(pk=new.pk).stated_until is None


@pytest.mark.parametrize("number", ["0", "2", "x", ""])
def test_a_text_that_was_not_the_one_on_the_page_is_not_stated(new: User, number: str) -> None:
    browser = signed_in(new)

    assert browser.post(reverse("statements"), TICKED | {"instruction_number": number}).status_code == 422
    assert Statement.objects.count() == 0


def test_the_button_twice_states_once(new: User) -> None:
    browser = signed_in(new)
    for _time in range(2):
        assert browser.post(reverse("statements"), TICKED).status_code == 302

    assert Statement.objects.filter(user=new).count() == 2


def test_a_statement_can_be_renewed_in_its_last_month_only(new: User) -> None:
    stated(new)
    assert "Dit verklaar ik" not in signed_in(new).get(reverse("statements")).content.decode()

    nearly = timezone.now() - dt.timedelta(days=345)
    Statement.objects.update(said_at=nearly)
    statements.reckon([new], 12)
    browser = signed_in(new)
    assert browser.get(reverse("attendance:today")).status_code == 200  # it still holds
    assert browser.post(reverse("statements"), TICKED).status_code == 302
    assert Statement.objects.filter(user=new).count() == 4


def test_the_gate_asks_the_database_nothing(anna: User) -> None:
    browser = signed_in(anna)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(reverse("attendance:today")).status_code == 200

    assert [query["sql"] for query in asked if "kvs_statement" in query["sql"]] == []


# --- versions


def text_of(kind: str = "instruction") -> str:
    return current_texts()[kind].text


def test_an_important_version_closes_the_gate_for_everybody(anna: User, ineke: User, dana: User) -> None:
    for person in (anna, ineke, dana):
        stated(person)
    typed = {"text": "Nieuwe regels.\r\n\r\nLees ze.", "important": "on", "version": "1"}
    answer = signed_in(dana).post(reverse("statement_text", args=["instruction"]), typed)

    assert answer["Location"] == reverse("statement_texts")
    assert signed_in(anna).get(reverse("attendance:today"))["Location"].startswith(reverse("statements"))
    browser = signed_in(anna)
    page = browser.get(reverse("statements")).content.decode()
    assert "<p>Nieuwe regels.</p>" in page
    assert "Ik houd die gegevens geheim" not in page  # that one still holds
    browser.post(reverse("statements"), {"instruction": "on", "instruction_number": "2"})
    assert browser.get(reverse("attendance:today")).status_code == 200
    assert list(StatementText.objects.filter(kind="instruction").values_list("number", "made_by")) == [(2, dana.pk), (1, None)]


def test_a_small_version_is_read_at_the_next_time(anna: User, ineke: User) -> None:
    stated(anna)
    statements.publish(kind="instruction", text="Zonder tikfout.", important=False, number=1, by=ineke)

    assert signed_in(anna).get(reverse("attendance:today")).status_code == 200
    assert text_of() == "Zonder tikfout."


def test_a_text_that_changes_while_it_is_read(new: User, ineke: User) -> None:
    statements.publish(kind="instruction", text="Andere tekst.", important=True, number=1, by=ineke)

    answer = signed_in(new).post(reverse("statements"), TICKED)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "De tekst is veranderd terwijl u las" in page
    assert "Andere tekst." in page
    assert 'name="instruction_number" value="2"' in page
    assert Statement.objects.count() == 0


def test_two_writers_lose_nothing(dana: User, ineke: User) -> None:
    address = reverse("statement_text", args=["instruction"])
    first, second = signed_in(dana), signed_in(ineke)
    assert first.post(address, {"text": "Een", "version": "1"}).status_code == 302

    answer = second.post(address, {"text": "Twee", "version": "1"})

    page = answer.content.decode()
    assert (answer.status_code, text_of()) == (422, "Een")
    assert "vergelijk ze en sla dan opnieuw op" in page
    assert "Twee</textarea>" in page
    assert 'value="2"' in page  # who compared may save again


def test_the_texts_show_their_versions_and_who_is_waited_for(dana: User, anna: User, new: User) -> None:
    stated(anna)
    page = signed_in(dana).get(reverse("statement_texts")).content.decode()

    assert "1 collega moet nog verklaren" in page
    assert "1 keer verklaard" in page


def test_strangers_make_no_version(anna: User, chris: User, sami: User, north: Location, ineke: User) -> None:
    student = open_account(student=make_student(north, ineke), by=ineke)
    for person in (anna, chris, sami, student, staff(Role.FINANCE), staff(Role.MANAGEMENT), staff(Role.AUDITOR)):
        browser = signed_in(person)
        assert browser.get(reverse("statement_texts")).status_code == 403
        assert browser.post(reverse("statement_text", args=["instruction"]), {"text": "x", "version": "1"}).status_code == 403
    assert Browser().post(reverse("statement_text", args=["instruction"]), {"text": "x"}).status_code == 302
    assert signed_in(ineke).get(reverse("statement_text", args=["geheim"])).status_code == 404
    assert StatementText.objects.count() == 0


def test_the_school_chooses_the_months(anna: User, ineke: User) -> None:
    from tests.kvs.test_school import typed  # noqa: PLC0415

    stated(anna)
    Statement.objects.update(said_at=timezone.now() - dt.timedelta(days=100))
    statements.reckon([anna], 12)
    assert signed_in(anna).get(reverse("attendance:today")).status_code == 200

    assert signed_in(ineke).post(reverse("school"), typed(statement_months="3")).status_code == 302
    assert signed_in(anna).get(reverse("attendance:today")).status_code == 302
    assert signed_in(ineke).post(reverse("school"), typed(statement_months="37", version=2)).status_code == 422


@pytest.mark.parametrize("fields", [{"kind": "other"}, {"number": 0}, {"text": ""}], ids=["kind", "number", "text"])
def test_the_database_refuses(school: Organisation, fields: dict[str, Any]) -> None:
    known = {"kind": "instruction", "number": 1, "text": "x"}
    with pytest.raises(IntegrityError), transaction.atomic():
        StatementText.objects.create(**(known | fields))


def test_the_database_keeps_one_text_of_a_number(school: Organisation) -> None:
    StatementText.objects.create(kind="instruction", number=1, text="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        StatementText.objects.create(kind="instruction", number=1, text="y")


def test_who_sees_statements(anna: User, chris: User, ineke: User, sami: User) -> None:
    stated(anna)
    assert set(StatementKind.values) == set(current_texts())

    seen = {person.call_name: Statement.objects.visible_to(person).count() for person in (anna, chris, ineke, sami)}

    assert seen == {"Anna": 2, "Chris": 0, "Ineke": 2, "Sami": 2}


# --- the end of a contract


@pytest.mark.parametrize(("ends", "open_today"), [(None, True), (1, True), (0, True), (-1, False)])
def test_the_contract_closes_the_account_at_the_moment_of_asking(anna: User, ends: int | None, open_today: bool) -> None:
    browser = signed_in(anna)
    until = None if ends is None else timezone.localdate() + ends * DAY
    User.objects.filter(pk=anna.pk).update(contract_ends_on=until)

    answer = browser.get(reverse("attendance:today"))

    assert (answer.status_code == 200) is open_today
    assert User.objects.get(pk=anna.pk).has_role(Role.TEACHER) is open_today
    assert WebSession.objects.filter(user=anna).exists() is open_today


def test_sign_in_is_refused_after_the_contract(anna: User) -> None:
    from tests.factories import PASSWORD  # noqa: PLC0415

    User.objects.filter(pk=anna.pk).update(contract_ends_on=timezone.localdate() - DAY)

    answer = Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})

    assert answer["Location"] == reverse("account_inactive")


def test_the_contract_says_nothing_about_the_student_in_an_account(north: Location, ineke: User) -> None:
    account = open_account(student=make_student(north, ineke), by=ineke)
    Membership.objects.create(user=account, role=Role.TEACHER, location=north, starts_on=LONG_AGO)
    User.objects.filter(pk=account.pk).update(contract_ends_on=timezone.localdate() - DAY)

    browser = signed_in(account)

    assert browser.get(reverse("attendance:portal")).status_code == 200
    assert browser.get(reverse("attendance:today")).status_code == 403


def change(person: User, **fields: Any) -> dict[str, Any]:
    known = {"call_name": person.call_name, "infix": "", "surname": person.surname, "version": person.version}
    return known | {"contract_kind": "", "contract_ends_on": ""} | fields


def test_management_notes_the_contract_and_its_end_signs_out(sami: User, anna: User) -> None:
    office, at_work = signed_in(sami), signed_in(anna)
    address = reverse("account_change", args=[anna.pk])
    yesterday, later = timezone.localdate() - DAY, timezone.localdate() + 90 * DAY

    assert office.post(address, change(anna, contract_kind="self_employed", contract_ends_on=later)).status_code == 302
    assert at_work.get(reverse("attendance:today")).status_code == 200
    page = office.get(reverse("account", args=[anna.pk])).content.decode()
    assert "Zzp&#x27;er" in page or "Zzp'er" in page

    again = change(User.objects.get(pk=anna.pk), contract_kind="self_employed", contract_ends_on=yesterday)
    assert office.post(address, again).status_code == 302
    assert WebSession.objects.filter(user=anna).count() == 0
    assert "contract is voorbij" in office.get(reverse("account", args=[anna.pk])).content.decode()
    assert "Anna Bakker" not in office.get(reverse("accounts")).content.decode()
    assert "Anna Bakker" in office.get(reverse("accounts"), {"status": "former"}).content.decode()


def test_somebody_self_employed_has_a_last_day(sami: User, anna: User, north: Location) -> None:
    from tests.kvs.test_staff import invitation  # noqa: PLC0415

    office = signed_in(sami)
    answer = office.post(reverse("account_change", args=[anna.pk]), change(anna, contract_kind="self_employed"))
    assert answer.status_code == 422
    assert "Van een zzp&#x27;er is de laatste dag" in answer.content.decode()
    assert office.post(reverse("account_invite"), invitation(north, contract_kind="self_employed")).status_code == 422
    ends = timezone.localdate() + 90 * DAY
    sent = invitation(north, contract_kind="self_employed", contract_ends_on=ends.isoformat())
    assert office.post(reverse("account_invite"), sent).status_code == 302
    invited = User.objects.get(email="fatma@voorbeeld.test")
    assert (invited.contract_kind, invited.contract_ends_on) == ("self_employed", ends)

    for fields in ({"contract_kind": "self_employed"}, {"contract_kind": "boss"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_user(**fields)


def test_the_last_manager_has_no_contract_that_ends(sami: User, anna: User) -> None:
    wim = staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra")
    Membership.objects.filter(user=sami).update(ends_on=timezone.localdate() + DAY)
    answer = signed_in(sami).post(
        reverse("account_change", args=[wim.pk]), change(wim, contract_ends_on=timezone.localdate() + DAY)
    )

    assert answer.status_code == 422
    assert User.objects.get(pk=wim.pk).contract_ends_on is None


def test_nobody_is_invited_or_mailed_after_the_contract(dana: User) -> None:
    assert dana in User.objects.with_role_today(Role.PRIVACY_OFFICER)
    User.objects.filter(pk=dana.pk).update(contract_ends_on=timezone.localdate() - DAY)

    assert dana not in User.objects.with_role_today(Role.PRIVACY_OFFICER)
