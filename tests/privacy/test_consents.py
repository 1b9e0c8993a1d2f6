"""Consents: one per purpose, in writing, never bundled or beforehand, taken back at once and as easily as given."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from kvs import catalogue, vocabulary
from kvs.database import erasing
from kvs.models import AccessEvent, Location, Role, User
from kvs.terms import Basis
from privacy.actions.consents import say_in_own_pages
from privacy.consents import counts, people_who, questions, waiting_for
from students.actions import start_programme
from students.actions.consents import change_consent_text
from students.models import Client, Consent, ConsentEvent, ConsentText, Student
from students.models.consents import CODES
from students.rules import CONSENT_TEXTS
from tests.factories import LONG_AGO, consent, make_student, staff
from tests.people import Browser, signed_in
from tests.privacy.consenting import DAY, OWN, TODAY, acts, contract, record, state, tap

# --- never bundled, never a condition, never beforehand


def test_a_contract_makes_no_consent(rania: Student, bakery: Client, ineke: User) -> None:
    """Policy B takes the signature under the contract for consent; that is bundled and does not hold (obligation 45)."""
    contract(rania, bakery, ineke)
    assert not Consent.objects.exists()
    assert [question.allowed for question in questions(rania)] == [False, False, False]


def test_nothing_is_chosen_beforehand(rania: Student, ineke: User, me: Browser) -> None:
    page = me.get(reverse(OWN)).content.decode()
    form = signed_in(ineke).get(reverse("privacy:consent_record", args=[rania.pk, "photo"])).content.decode()
    assert "checked" not in page + form
    assert page.count('value="yes"') == page.count('value="no"') == 2


def test_every_purpose_rests_on_consent_and_has_a_text() -> None:
    purposes = {one.code: one for one in vars(vocabulary).values() if isinstance(one, catalogue.Purpose)}
    assert all(purposes[code].basis is Basis.CONSENT for code in CODES)
    assert sorted(CODES) == sorted(CONSENT_TEXTS)
    assert {one.code for one in purposes.values() if one.basis is Basis.CONSENT} - set(CODES) == {"exemption_advice"}


def test_no_data_rest_on_consent_alone() -> None:
    """So when it is taken back nothing is left to erase (obligation 71). A column that does rest on it turns this red: then
    its withdrawal has to empty that column."""
    fields = [field for model in catalogue.load().models for field in model.personal]
    alone = [field.name for field in fields if {purpose.basis for purpose in field.category.purposes} == {Basis.CONSENT}]
    assert alone == []


# --- the own pages: one tap each way


def test_yes_and_no_again_in_one_tap_each(rania: Student, me: Browser) -> None:
    assert "U hebt nog niets gezegd" in me.get(reverse(OWN)).content.decode()

    given = tap(me, "photo", "yes")
    assert [url for url, _code in given.redirect_chain] == [reverse(OWN)]
    assert (state(rania), state(rania, "keep_in_touch")) == ("given", None)
    taken = tap(me, "photo", "no")

    assert [url for url, _code in taken.redirect_chain] == [url for url, _code in given.redirect_chain]
    assert state(rania) == "withdrawn"
    assert acts() == ["given", "withdrawn"]
    first = ConsentEvent.objects.order_by("id")[0]
    assert (first.way, first.said_by, first.text_version, first.language, first.on) == ("portal", "person", 1, "nl", TODAY())
    assert ConsentText.objects.get().text == ConsentText.objects.on("photo", TODAY()).text  # what was read is kept


def test_tapping_twice_is_saying_it_once(rania: Student, me: Browser) -> None:
    for answer in ("yes", "yes", "no", "no"):
        tap(me, "photo", answer)
    assert acts() == ["given", "withdrawn"]
    tap(me, "keep_in_touch", "no")
    tap(me, "keep_in_touch", "no")
    assert (acts()[2:], state(rania, "keep_in_touch")) == (["refused"], "refused")


def test_what_is_not_asked_is_not_recorded(me: Browser, bakery: Client) -> None:
    for about in ("teaching", "", str(bakery.pk), "private_client", "exemption_advice"):
        tap(me, about, "yes")
    assert not Consent.objects.exists()


def test_a_yes_to_a_row_that_changed_is_told_and_a_no_always_counts(rania: Student, ineke: User, me: Browser) -> None:
    consent(rania, ineke, yes=False)
    told = tap(me, "photo", "yes", version=0)
    assert "De school heeft hier net iets over opgeschreven" in told.content.decode()
    assert state(rania) == "refused"
    tap(me, "photo", "yes")
    tap(me, "photo", "no", version=0)
    assert state(rania) == "withdrawn"


# --- a new text


def new_text(dana: User, *, important: bool = True, starts_on: dt.date | None = None) -> ConsentText:
    day = starts_on or TODAY()
    return change_consent_text(purpose="photo", version=1, text="Nieuw.", important=important, starts_on=day, by=dana)


def test_an_important_change_asks_again_and_allows_nothing_meanwhile(rania: Student, dana: User, me: Browser) -> None:
    tap(me, "photo", "yes")
    new_text(dana)

    assert not Consent.objects.in_force(TODAY()).exists()
    page = me.get(reverse(OWN)).content.decode()
    assert "maar de tekst is veranderd" in page
    old = tap(me, "photo", "yes", text=1)
    assert "De tekst is net veranderd" in old.content.decode()
    assert acts() == ["given"]
    tap(me, "photo", "yes", text=2)
    assert acts() == ["given", "renewed"]
    assert Consent.objects.in_force(TODAY()).count() == 1


def test_a_spelling_mistake_or_a_text_of_tomorrow_asks_nobody(rania: Student, dana: User, me: Browser) -> None:
    tap(me, "photo", "yes")
    new_text(dana, important=False)
    assert Consent.objects.in_force(TODAY()).count() == 1
    change_consent_text(purpose="photo", version=2, text="Anders.", important=True, starts_on=TODAY() + DAY, by=dana)
    assert Consent.objects.in_force(TODAY()).count() == 1
    assert Consent.objects.in_force(TODAY() + DAY).count() == 0


def test_the_officer_writes_a_new_version_and_who_is_second_is_told(dana: User) -> None:
    browser, url = signed_in(dana), reverse("privacy:consent_text", args=["photo"])
    typed = {"text": "De school maakt foto's.", "important": "on", "starts_on": TODAY().isoformat(), "version": 1}
    assert browser.post(url, typed).status_code == 302
    second = browser.post(url, {**typed, "text": "Iets anders."})
    assert second.status_code == 422
    assert "Een collega heeft intussen versie 2 gemaakt." in second.content.decode()
    assert "Iets anders." in second.content.decode()
    past = browser.post(url, {**typed, "text": "Iets anders.", "version": 2, "starts_on": (TODAY() - DAY).isoformat()})
    assert "Kies vandaag of een latere dag" in past.content.decode()
    same = browser.post(url, {**typed, "version": 2})
    assert "Deze tekst staat er al." in same.content.decode()
    assert browser.get(reverse("privacy:consent_text", args=["nonsense"])).status_code == 404


def test_only_the_officer_writes_what_is_asked(ineke: User, me: Browser) -> None:
    url = reverse("privacy:consent_text", args=["photo"])
    typed = {"text": "Alles mag.", "important": "on", "starts_on": TODAY().isoformat(), "version": 1}
    assert [signed_in(ineke).post(url, typed).status_code, me.post(url, typed).status_code] == [403, 403]
    assert not ConsentText.objects.exists()


# --- the desk: one page and one form each way


def test_the_desk_records_yes_and_taking_back_in_the_same_steps(rania: Student, ineke: User) -> None:
    browser, start = signed_in(ineke), reverse("privacy:consents", args=[rania.pk])
    link = reverse("privacy:consent_record", args=[rania.pk, "photo"])
    steps = []
    for typed in ({}, {"answer": "no", "way": "spoken", "place": "", "version": 1}):
        assert f'href="{link}"' in browser.get(start).content.decode()
        assert browser.get(link).status_code == 200
        answer = record(browser, rania, "photo", **typed)
        steps.append((answer.status_code, answer["Location"]))
    assert steps == [(302, start), (302, start)]
    assert acts() == ["given", "withdrawn"]
    page = browser.get(start).content.decode()
    assert "kast 3" in page
    assert "ja, en weer ingetrokken" in page.lower()


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"answer": ""}, "answer", "verplicht"),
        ({"said_by": ""}, "said_by", "verplicht"),
        ({"way": "spoken"}, "way", "Een ja is schriftelijk"),
        ({"way": "portal"}, "way", "geldige keuze"),
        ({"place": ""}, "place", "waar het ondertekende papier ligt"),
        ({"on": (TODAY() + DAY).isoformat()}, "on", "in de toekomst"),
        ({"said_by": "00000000-0000-4000-8000-000000000000"}, "said_by", "geldige keuze"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    rania: Student, ineke: User, typed: dict[str, str], field: str, sentence: str
) -> None:
    answer = record(signed_in(ineke), rania, "photo", **typed)
    assert answer.status_code == 422
    assert sentence.lower() in " ".join(answer.context["form"].errors[field]).lower()
    assert not Consent.objects.exists()


def test_two_at_the_desk_at_once_are_told(rania: Student, ineke: User, dana: User) -> None:
    record(signed_in(ineke), rania, "photo")
    second = record(signed_in(dana), rania, "photo", answer="no", way="spoken")
    assert second.status_code == 422
    assert "Ineke Hofstra heeft dit ook gewijzigd" in second.content.decode()
    assert state(rania) == "given"


def test_an_older_paper_does_not_undo_a_later_word(rania: Student, ineke: User, me: Browser) -> None:
    tap(me, "photo", "yes")
    tap(me, "photo", "no")
    late = record(signed_in(ineke), rania, "photo", on=(TODAY() - DAY).isoformat(), version=2)
    assert late.status_code == 422
    assert "Na deze dag is er al iets anders gezegd" in late.content.decode()


def test_strangers_record_no_consent(rania: Student, south: Location, anna: User, me: Browser) -> None:
    away = staff(Role.ADMINISTRATION, south)
    assert [record(signed_in(who), rania, "photo").status_code for who in (anna, away)] == [403, 404]
    assert record(me, rania, "photo").status_code == 403
    assert not Consent.objects.exists()


def test_a_page_of_consents_leaves_a_line_in_the_file(rania: Student, bram: User) -> None:
    signed_in(bram).get(reverse("privacy:consents", args=[rania.pk]))
    assert AccessEvent.objects.get(subject_audit_id=rania.audit_id).kind == "detail"


# --- a private client


def test_a_contract_with_a_private_client_asks_to_ask(rania: Student, bakery: Client, ineke: User, dana: User) -> None:
    programme = start_programme(student=rania, by=ineke, law="none", starts_on=LONG_AGO)
    browser = signed_in(ineke)
    url = reverse("students:contract_add", args=[programme.pk])
    typed = {"client": bakery.pk, "course": "nt2", "starts_on": LONG_AGO.isoformat()}

    told = browser.post(url, typed, follow=True).content.decode()

    assert "Vraag de cursist om toestemming voordat Bakkerij De Korst iets hoort." in told
    assert waiting_for(dana) == 1
    listed = signed_in(dana).get(reverse("privacy:consent_list")).content.decode()
    assert rania.list_name in listed
    consent(rania, ineke, "private_client", bakery, yes=False)
    assert waiting_for(dana) == 0


def test_a_municipality_and_a_contract_that_is_over_ask_nothing(rania: Student, bakery: Client, ineke: User, dana: User) -> None:
    contract(rania, Client.objects.create(name="Gemeente Oosterveen"), ineke)
    contract(rania, bakery, ineke, ends_on=TODAY() - DAY)
    contract(rania, None, ineke)
    assert waiting_for(dana) == 0
    assert [question.key for question in questions(rania)] == ["photo", "keep_in_touch"]


def test_one_client_is_not_another(rania: Student, bakery: Client, ineke: User, dana: User) -> None:
    other = Client.objects.create(name="Stichting Welkom", kind="other")
    contract(rania, bakery, ineke)
    contract(rania, other, ineke)
    consent(rania, ineke, "private_client", bakery)
    assert [(question.title.rpartition(": ")[2], question.allowed) for question in questions(rania)[2:]] == [
        ("Bakkerij De Korst", True),
        ("Stichting Welkom", False),
    ]
    assert waiting_for(dana) == 1


# --- the list


def test_the_numbers_and_the_people_of_the_list(north: Location, ineke: User, dana: User) -> None:
    people = [make_student(north, ineke) for _number in range(4)]
    for student in people:
        start_programme(student=student, by=ineke, law="none", starts_on=LONG_AGO)
    consent(people[0], ineke)
    new_text_of("photo", dana)
    consent(people[1], ineke)
    consent(people[2], ineke, yes=False)
    assert counts(dana)["photo"] == {"given": 1, "again": 1, "no": 1, "never": 1}
    found = {show: list(people_who(dana, "photo", show)) for show in ("again", "given", "no", "never")}
    assert found == {"again": [people[0]], "given": [people[1]], "no": [people[2]], "never": [people[3]]}
    page = signed_in(dana).get(reverse("privacy:consent_list"), {"purpose": "photo", "show": "no"}).content.decode()
    assert people[2].list_name in page
    assert people[3].list_name not in page


def new_text_of(purpose: str, by: User) -> None:
    change_consent_text(purpose=purpose, version=1, text="Nieuw.", important=True, starts_on=TODAY(), by=by)


def test_the_list_counts_who_is_within_reach(rania: Student, ineke: User, south: Location) -> None:
    consent(rania, ineke)
    assert counts(staff(Role.PRIVACY_OFFICER, south))["photo"]["given"] == 0


@pytest.mark.parametrize("number", [1, 3])
def test_pages_run_the_same_queries_whatever_their_length(
    north: Location, bakery: Client, ineke: User, dana: User, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for _row in range(number):
        student = make_student(north, ineke)
        client = Client.objects.create(name=f"Bedrijf {_row}", kind="employer")
        contract(student, client, ineke)
        consent(student, ineke)
    for row in range(number):
        contract(student, Client.objects.create(name=f"Winkel {row}", kind="employer"), ineke)
        consent(student, ineke, "private_client", Client.objects.get(name=f"Winkel {row}"), yes=bool(row % 2))
    officer = signed_in(dana)
    officer.get(reverse("privacy:consent_list"))
    with django_assert_num_queries(LIST_QUERIES):
        officer.get(reverse("privacy:consent_list"), {"purpose": "photo", "show": "given"})
    with django_assert_num_queries(PAGE_QUERIES):
        officer.get(reverse("privacy:consents", args=[student.pk]))


LIST_QUERIES, PAGE_QUERIES = 11, 13


# --- the database


def test_the_database_holds_the_truth(rania: Student, bakery: Client, ineke: User) -> None:
    row = consent(rania, ineke)
    event = ConsentEvent.objects.get()
    wrong: list[dict[str, Any]] = [
        {"state": "maybe"},
        {"purpose": "teaching"},
        {"purpose": "private_client"},
        {"client": bakery},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            Consent.objects.filter(pk=row.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(student=rania, purpose="photo", state="given", since=TODAY(), text_version=1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ConsentEvent.objects.filter(pk=event.pk).update(act="refused")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        ConsentText.objects.update(text="Iets anders")
    for lacking in ({"way": "spoken"}, {"place": None}, {"said_by": "representative"}, {"act": "perhaps"}):
        copy = ConsentEvent.objects.get(pk=event.pk)
        copy.pk = None
        for name, value in lacking.items():
            setattr(copy, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


def test_it_goes_with_the_file(rania: Student, ineke: User) -> None:
    consent(rania, ineke)
    with erasing():
        rania.delete()
    assert (Consent.objects.count(), ConsentEvent.objects.count(), ConsentText.objects.count()) == (0, 0, 1)


def test_the_action_refuses_what_the_page_does_not_offer(rania: Student, ineke: User, me: Browser) -> None:
    """Whoever calls it: a text that is not the one of today."""
    account = rania.user
    assert account
    with pytest.raises(ValidationError, match="net veranderd"):
        say_in_own_pages(student=rania, purpose="photo", client=None, yes=True, seen=(7, 0), by=account, identity="signed_in")
