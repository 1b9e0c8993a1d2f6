"""The intake step "privacyreglement uitgereikt": what, which version, when and how; who is still waited for (B 4.1.1)."""

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs.models import AccessEvent, AuditEntry, Location, PolicyVersion, Role, User
from students.actions import start_programme
from students.models import HandOut, Programme, Student
from tests.factories import LONG_AGO, make_policy, make_student, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
LIST = "students:hand_outs"


@pytest.fixture
def policy(dana: User) -> PolicyVersion:
    return make_policy(dana, number="3.0")


def begun(location: Location, by: User, **fields: Any) -> Programme:
    """A programme without duty since long ago."""
    return start_programme(student=make_student(location, by), by=by, law="none", **({"starts_on": LONG_AGO} | fields))


@pytest.fixture
def programme(north: Location, ineke: User) -> Programme:
    return begun(north, ineke)


def typed(policy: PolicyVersion, /, **more: Any) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    return {"kinds": ["policy"], "policy": policy.pk, "handed_on": today, "how": "paper"} | more


def test_a_new_programme_leads_to_handing_out(policy: PolicyVersion, north: Location, ineke: User) -> None:
    student, browser = make_student(north, ineke), signed_in(ineke)
    sent = {"law": "none", "starts_on": timezone.localdate().isoformat()}
    answer = browser.post(reverse("students:programme_add", args=[student.pk]), sent)
    programme = Programme.objects.get()
    assert answer["Location"] == reverse("students:hand_out_add", args=[programme.pk])
    tab = reverse("students:programmes", args=[student.pk])
    assert "Het privacyreglement is nog niet uitgereikt" in browser.get(tab).content.decode()

    answer = browser.post(answer["Location"], typed(policy, kinds=["policy", "annex"], how="mail"))

    assert answer["Location"] == tab
    assert set(HandOut.objects.values_list("kind", "policy", "handed_on", "how", "by")) == {
        ("policy", policy.pk, timezone.localdate(), "mail", ineke.pk),
        ("annex", policy.pk, timezone.localdate(), "mail", ineke.pk),
    }
    shown = browser.get(tab).content.decode()
    assert "Privacyreglement · versie 3.0 van 1 januari 2020" in shown
    assert "nog niet uitgereikt" not in shown
    lines = AuditEntry.objects.filter(model="students.handout", subject_audit_id=student.audit_id, action="create")
    assert {line.actor_audit_id for line in lines} == {ineke.audit_id}
    assert AccessEvent.objects.filter(subject_audit_id=student.audit_id, viewer_audit_id=ineke.audit_id).exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"kinds": []}, "Kies wat is uitgereikt."),
        ({"policy": ""}, "Kies welke versie is uitgereikt."),
        ({"handed_on": "2099-01-01"}, "Deze dag moet nog komen."),
        ({"handed_on": "gisteren"}, "datum"),
        ({"how": "duif"}, "duif"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_recorded(
    wrong: dict[str, Any], sentence: str, policy: PolicyVersion, programme: Programme, ineke: User
) -> None:
    answer = signed_in(ineke).post(reverse("students:hand_out_add", args=[programme.pk]), typed(policy, **wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert HandOut.objects.count() == 0


def test_twice_the_same_is_once(policy: PolicyVersion, programme: Programme, ineke: User) -> None:
    for how in ("paper", "portal"):
        signed_in(ineke).post(reverse("students:hand_out_add", args=[programme.pk]), typed(policy, how=how))
    assert list(HandOut.objects.values_list("how", flat=True)) == ["paper"]


def test_a_mistake_is_taken_back(policy: PolicyVersion, programme: Programme, ineke: User) -> None:
    browser = signed_in(ineke)
    browser.post(reverse("students:hand_out_add", args=[programme.pk]), typed(policy))
    browser.post(reverse("students:hand_out_remove", args=[HandOut.objects.get().pk]))
    assert HandOut.objects.count() == 0


def test_who_is_missing_stands_in_a_list_and_is_recorded_together(
    policy: PolicyVersion, north: Location, south: Location, ineke: User
) -> None:
    one, two = begun(north, ineke), begun(north, ineke)
    begun(north, ineke, ends_on=dt.date(2021, 1, 1))
    begun(south, ineke)
    only_annex = begun(north, ineke)
    HandOut.objects.create(programme=only_annex, kind="annex", policy=policy, how="paper")
    browser = signed_in(ineke)
    shown = browser.get(reverse(LIST)).content.decode()
    assert [str(row.pk) in shown for row in (one, two, only_annex)] == [True] * 3
    assert "3 trajecten" in shown

    refused = browser.post(reverse(LIST), typed(policy, programmes=[]))
    assert refused.status_code == 422
    assert "Kies ten minste één cursist." in refused.content.decode()
    browser.post(reverse(LIST), typed(policy, programmes=[one.pk, two.pk]))

    assert set(HandOut.objects.filter(kind="policy").values_list("programme", flat=True)) == {one.pk, two.pk}
    again = browser.post(reverse(LIST), typed(policy, programmes=[one.pk]))
    assert "intussen al vastgelegd" in again.content.decode()
    assert "1 traject" in browser.get(reverse(LIST)).content.decode()


def test_strangers_record_and_remove_nothing(
    policy: PolicyVersion, programme: Programme, south: Location, anna: User, chris: User, ineke: User
) -> None:
    record = HandOut.objects.create(programme=programme, kind="policy", policy=policy, how="paper")
    remove, add = reverse("students:hand_out_remove", args=[record.pk]), reverse("students:hand_out_add", args=[programme.pk])
    for user in (anna, chris):
        assert signed_in(user).post(remove).status_code == 403
        assert signed_in(user).post(add, typed(policy)).status_code == 403
    elsewhere = signed_in(staff(Role.ADMINISTRATION, south))
    assert (elsewhere.post(remove).status_code, elsewhere.post(add, typed(policy)).status_code) == (404, 404)
    elsewhere.post(reverse(LIST), typed(policy, programmes=[programme.pk]))
    assert HandOut.objects.count() == 1


def test_a_draft_cannot_have_been_handed_out(policy: PolicyVersion, programme: Programme, ineke: User, dana: User) -> None:
    draft = PolicyVersion.objects.create(number="4.0", effective_on=timezone.localdate(), text="Concept")
    answer = signed_in(ineke).post(reverse("students:hand_out_add", args=[programme.pk]), typed(draft))
    assert (answer.status_code, HandOut.objects.count()) == (422, 0)


def test_the_database_keeps_it_whole(policy: PolicyVersion, programme: Programme) -> None:
    known = {"programme": programme, "kind": "policy", "policy": policy, "how": "paper"}
    HandOut.objects.create(**known)
    for wrong in ({"policy": None}, {"kind": "brief"}, {"how": "duif"}, {}):
        with pytest.raises(IntegrityError), transaction.atomic():
            HandOut.objects.create(**(known | wrong))
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.all().delete()


def test_the_list_costs_the_same_for_one_and_for_three(
    policy: PolicyVersion, programme: Programme, north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(ineke)
    browser.get(reverse(LIST))
    with django_assert_num_queries(15):
        browser.get(reverse(LIST))
    begun(north, ineke)
    begun(north, ineke)
    browser.get(reverse(LIST))
    with django_assert_num_queries(15):
        browser.get(reverse(LIST))
    assert Student.objects.count() == 3
