"""The audit holds facts and no values; its tables only grow."""

import uuid
from typing import Any

import pytest
from auditlog.registry import auditlog  # noqa: TID251  (a registration by hand must be found)
from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from pytest_django import Settings

from kvs.audit import actor_middleware, check_registration, log_access, log_bulk
from kvs.database import erasing, resealing
from kvs.models import AccessEvent, AuditAction, AuditEntry, Location, Membership, Role, User
from kvs.trace import acting
from tests.factories import LONG_AGO, make_user

LIST, DETAIL, EXPORT = AccessEvent.Kind.LIST, AccessEvent.Kind.DETAIL, AccessEvent.Kind.EXPORT


def lines() -> list[tuple[str, str, list[str]]]:
    return [(line.action, line.model, line.fields) for line in AuditEntry.objects.order_by("id")]


def make_membership() -> Membership:
    return Membership.objects.create(user=make_user(), role=Role.TEACHER, starts_on=LONG_AGO)


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table])
        return {name for (name,) in cursor.fetchall()}


def everything(table: str) -> str:
    """All rows of a table as text, as a dump would hold them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t")
        return "\n".join(row for (row,) in cursor.fetchall())


def test_the_table_has_no_column_for_a_value(db: None) -> None:
    assert columns("kvs_auditentry") == {
        "id", "at", "action", "model", "object_pk", "fields", "actor_audit_id", "subject_audit_id",
    }  # fmt: skip
    assert columns("auditlog_logentry") == set()


def test_a_change_leaves_the_name_of_the_field_and_no_value(db: None) -> None:
    user = User.objects.create(email="kanarie@voorbeeld.test", call_name="Kanarie", surname="Eerste")
    user.surname = "Tweede"
    user.save()
    user.save()  # nothing changed: no line
    user.delete()
    assert lines() == [
        ("create", "kvs.user", []),
        ("update", "kvs.user", ["surname"]),
        ("delete", "kvs.user", []),
    ]
    found = everything("kvs_auditentry")
    for value in ("kanarie", "Kanarie", "Eerste", "Tweede", "User("):
        assert value not in found


def test_a_line_names_row_and_subject(db: None) -> None:
    user = make_user()
    line = AuditEntry.objects.get()
    assert (line.object_pk, line.subject_audit_id, line.actor_audit_id) == (str(user.pk), user.audit_id, None)


def test_the_subject_of_a_dependent_row_is_its_owner(db: None) -> None:
    membership = make_membership()
    owner = membership.user.audit_id
    membership.delete()
    found = AuditEntry.objects.filter(model="kvs.membership").values_list("action", "subject_audit_id")
    assert list(found) == [("create", owner), ("delete", owner)]


def test_deleting_a_person_with_dependent_rows_leaves_a_line_each(db: None) -> None:
    membership = make_membership()
    user = membership.user
    user.delete()
    found = AuditEntry.objects.filter(action="delete").values_list("model", "subject_audit_id").order_by("model")
    assert list(found) == [("kvs.membership", user.audit_id), ("kvs.user", user.audit_id)]


def test_the_primary_key_is_followed_too() -> None:
    """auditlog writes nothing about a new or deleted row of which every followed field is empty."""
    assert auditlog.get_model_fields(Location)["include_fields"] == ["id", "name", "city"]


def test_a_many_to_many_change_is_a_fact(db: None) -> None:
    group = Group.objects.create(name="g")
    permission = Permission.objects.all()[0]
    group.permissions.add(permission)
    group.permissions.add(permission)  # already there
    group.permissions.clear()
    assert lines()[1:] == [("update", "auth.group", ["permissions"]), ("update", "auth.group", ["permissions"])]
    assert permission.codename not in everything("kvs_auditentry")


def test_the_actor_is_who_acts_and_contexts_nest(db: None) -> None:
    anna, bea = make_user(), make_user()
    with acting(lambda: anna):
        with acting(lambda: bea):
            Location.objects.create(name="Bea")
        Location.objects.create(name="Anna")
    Location.objects.create(name="Nobody")
    found = AuditEntry.objects.filter(model="kvs.location").order_by("id").values_list("actor_audit_id", flat=True)
    assert list(found) == [bea.audit_id, anna.audit_id, None]


def test_the_actor_of_a_request_is_who_is_signed_in_at_that_moment(db: None) -> None:
    anna = make_user()

    def view(request: HttpRequest) -> HttpResponse:
        Location.objects.create(name="before signing in")
        request.user = anna
        Location.objects.create(name="after signing in")
        return HttpResponse()

    actor_middleware(view)(HttpRequest())
    found = AuditEntry.objects.filter(model="kvs.location").order_by("id").values_list("actor_audit_id", flat=True)
    assert list(found) == [None, anna.audit_id]


def test_the_middleware_is_in_the_chain_and_the_package_its_own_is_not(settings: Settings) -> None:
    assert [name for name in settings.MIDDLEWARE if "audit" in name] == ["kvs.audit.actor_middleware"]


@pytest.mark.parametrize("action", ["create", "delete", "other"])
def test_the_database_refuses_field_names_beside_a_change(db: None, action: str) -> None:
    with pytest.raises(IntegrityError):
        AuditEntry.objects.create(action=action, model="kvs.user", object_pk="1", fields=["surname"])


def test_bulk_work_is_logged_by_hand(db: None) -> None:
    anna = make_user()
    locations = Location.objects.bulk_create([Location(name=f"L{number}") for number in range(3)])
    assert AuditEntry.objects.filter(model="kvs.location").count() == 0
    log_bulk(locations, AuditAction.UPDATE, ["name"], by=anna)
    found = AuditEntry.objects.filter(model="kvs.location").values_list("action", "fields", "actor_audit_id", "object_pk")
    assert set(map(repr, found)) == {repr(("update", ["name"], anna.audit_id, str(place.pk))) for place in locations}


def test_bulk_lines_cost_one_query_for_many_rows(db: None, django_assert_num_queries: Any) -> None:
    memberships = [make_membership() for _ in range(5)]
    rows = Membership.objects.filter(pk__in=[row.pk for row in memberships]).select_related("user")
    with django_assert_num_queries(2):  # the rows, the lines
        log_bulk(rows, AuditAction.UPDATE, ["ends_on"], by=None)


def test_detail_and_export_are_a_line_each_lists_one_a_day(db: None) -> None:
    anna, seen, other = make_user(), uuid.uuid4(), uuid.uuid4()
    for _ in range(2):
        log_access(anna, Role.TEACHER, [seen, other, seen], LIST)
        log_access(anna, Role.TEACHER, [seen], DETAIL, "complaint")
        log_access(anna, Role.TEACHER, [seen], EXPORT)
    assert AccessEvent.objects.filter(kind=LIST).count() == 2
    assert AccessEvent.objects.filter(kind=DETAIL, reason="complaint", viewer_role="teacher").count() == 2
    assert AccessEvent.objects.filter(kind=EXPORT, reason="daily_work", subject_audit_id=seen).count() == 2
    log_access(make_user(), Role.TEACHER, [seen], LIST)
    assert AccessEvent.objects.filter(kind=LIST).count() == 3


def test_a_list_of_fifty_is_one_query(db: None, django_assert_num_queries: Any) -> None:
    anna = make_user()
    with django_assert_num_queries(1):
        log_access(anna, Role.TEACHER, [uuid.uuid4() for _ in range(50)], LIST)


def test_a_list_line_that_breaks_a_rule_is_not_swallowed(db: None) -> None:
    """ON CONFLICT DO NOTHING forgives the second view of a day, nothing else."""
    with pytest.raises(IntegrityError):
        log_access(make_user(), Role.TEACHER, [uuid.uuid4()], LIST, "Fatima was ill")


@pytest.mark.parametrize("model", [AuditEntry, AccessEvent])
def test_lines_cannot_be_changed_and_only_an_erasure_deletes_them(db: None, model: Any) -> None:
    user = make_user()
    log_access(user, Role.TEACHER, [uuid.uuid4()], DETAIL)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.update(at="2020-01-01T00:00Z")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        model.objects.all().delete()
    with erasing():
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            model.objects.update(at="2020-01-01T00:00Z")
        assert model.objects.all().delete()[0] == 1
    assert model.objects.count() == 0


def test_a_new_key_may_change_the_column_it_seals_and_nothing_else(db: None) -> None:
    make_user()
    with resealing("object_pk"):
        assert AuditEntry.objects.update(object_pk="sealed anew") == 1
        for others in ({"action": "delete"}, {"object_pk": "x", "action": "delete"}):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                AuditEntry.objects.update(**others)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            AuditEntry.objects.all().delete()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(object_pk="after it")


def test_the_permission_to_delete_ends_with_the_block(db: None) -> None:
    """SET LOCAL lasts until the end of the outer transaction, here that of the test."""
    with erasing():
        pass
    make_user()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_a_registration_by_hand_is_found() -> None:
    assert check_registration(None) == []
    auditlog.register(Permission)
    try:
        assert [error.obj for error in check_registration(None)] == [Permission]
    finally:
        auditlog.unregister(Permission)


def test_a_registration_that_follows_other_fields_is_found() -> None:
    kept = auditlog._registry[Location]
    auditlog._registry[Location] = {**kept, "include_fields": ["id", "city"]}
    try:
        assert [error.obj for error in check_registration(None)] == [Location]
    finally:
        auditlog._registry[Location] = kept
    assert check_registration(None) == []
