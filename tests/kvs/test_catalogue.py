"""Each invariant of the data catalogue sees the fault it is there for, and nothing else."""

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import checks as django_checks
from django.core.management.base import SystemCheckError
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import translation
from pytest_django import Settings

import kvs.settings
from kvs import catalogue
from kvs.catalogue import Catalogue, Field, Model, NotPersonal, Store
from kvs.categories import ACCOUNT, BANK_ACCOUNT, BSN, CONTACT, INVOICES, LEARNING, SUPPORT
from kvs.checks import installed_models, problems, refuse_unless_complete, undeclared_tables
from kvs.fields import SealedField
from kvs.models import Membership, Organisation, Role, User
from kvs.terms import Container, Kind, Period, Reason, Sensitivity
from kvs.vocabulary import BOOKS, EXEMPTION_ADVICE, TEACHING_PURPOSE

ROW_ID = NotPersonal("id", Reason.ROW_ID)
USER = NotPersonal("user", Reason.LINK)


@pytest.fixture(autouse=True)
def as_installed(settings: Settings) -> None:
    """pytest-django and tests/people.py replace these; the checks are to see what an installation has."""
    settings.EMAIL_BACKEND = kvs.settings.EMAIL_BACKEND
    settings.STORAGES = kvs.settings.STORAGES


def found(declaration: Model, model: type[models.Model], *more: Model) -> list[tuple[str, str]]:
    """Number and place of each error once `declaration` of `model` joins the catalogue of this installation."""
    whole = catalogue.load()
    declared = dataclasses.replace(whole, models=(*whole.models, declaration, *more))
    installed = installed_models() | {model._meta.label: model}
    return [(str(problem.id), str(problem.obj)) for problem in problems(declared, installed)]


def owned(**columns: "models.Field[Any, Any]") -> type[models.Model]:
    """A model that belongs to an account and has `columns`, known to nobody else."""
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    return made(user=user, **columns)


def made(**columns: "models.Field[Any, Any]") -> type[models.Model]:
    """A model with `columns`, known to nobody else."""
    with isolate_apps("kvs"):
        inside: dict[str, Any] = {"__module__": "kvs.models", "Meta": type("Meta", (), {"app_label": "kvs"}), **columns}
        return type("Sample", (models.Model,), inside)


def test_this_installation_has_no_error() -> None:
    assert problems(catalogue.load(), installed_models()) == []


def test_a_right_declaration_gives_no_error() -> None:
    model = owned(note=models.CharField(max_length=9))
    assert found(Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING)), owners=("user",)), model) == []


def test_i1_an_undeclared_column() -> None:
    model = owned(note=models.CharField(max_length=9), nickname=models.CharField(max_length=9))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING)), owners=("user",))
    assert found(declaration, model) == [("privacy.E001", "kvs.Sample.nickname")]


def test_i1_an_undeclared_many_to_many() -> None:
    model = owned(note=models.CharField(max_length=9), roles=models.ManyToManyField(Group, related_name="+"))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING)), owners=("user",))
    assert found(declaration, model) == [("privacy.E001", "kvs.Sample.roles")]


def test_i1_a_declared_column_that_does_not_exist() -> None:
    model = owned(note=models.CharField(max_length=9))
    fields = (ROW_ID, USER, Field("note", LEARNING), Field("nickname", LEARNING))
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == [("privacy.E001", "kvs.Sample.nickname")]


def test_i1_a_column_declared_twice() -> None:
    model = owned(note=models.CharField(max_length=9))
    fields = (ROW_ID, USER, Field("note", LEARNING), NotPersonal("note", Reason.SETTING))
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == [("privacy.E001", "kvs.Sample.note")]


def test_i1_undeclared_absent_and_doubled_models() -> None:
    whole = catalogue.load()
    without = dataclasses.replace(whole, models=tuple(model for model in whole.models if model.label != "kvs.Draft"))
    assert [(error.id, error.obj) for error in problems(without, installed_models())] == [("privacy.E001", "kvs.Draft")]
    for extra in (Model("kvs.Gone", ()), whole.find(User)):
        more = dataclasses.replace(whole, models=(*whole.models, extra))
        assert [(error.id, error.obj) for error in problems(more, installed_models())] == [("privacy.E001", extra.label)]


def test_i1_too_few_models_found_is_an_error_not_a_success() -> None:
    few = problems(catalogue.load(), {"kvs.User": User})
    assert [(error.id, error.obj) for error in few] == [("privacy.E001", "catalogue")]


@pytest.mark.parametrize(("name", "reason"), [("user", Reason.SETTING), ("note", Reason.LINK), ("note", Reason.ROW_ID)])
def test_i1_a_reason_the_column_contradicts(name: str, reason: Reason) -> None:
    model = owned(note=models.CharField(max_length=9))
    model.add_to_class("role", models.CharField(max_length=9))
    right = {"id": Reason.ROW_ID, "user": Reason.LINK, "note": Reason.SETTING, name: reason}
    not_personal = [NotPersonal(*pair) for pair in right.items()]
    declaration = Model("kvs.Sample", (*not_personal, Field("role", ACCOUNT)), owners=("user",))
    assert found(declaration, model) == [("privacy.E001", f"kvs.Sample.{name}")]


@pytest.mark.parametrize(
    "exceptions",
    [
        {"purposes": ()},
        {"sources": ()},
        {"references": ()},
        {"references": ("because we want to",)},
        {"readable_by": frozenset({"headmaster"})},
        {"purposes": (dataclasses.replace(TEACHING_PURPOSE, references=()),)},
        {"retention": dataclasses.replace(LEARNING.retention, references=("A:",))},
        {"retention": dataclasses.replace(LEARNING.retention, period=Period(years=2), law_minimum=Period(years=3))},
    ],
)
def test_i2_a_ground_that_is_missing(exceptions: dict[str, Any]) -> None:
    model = owned(note=models.CharField(max_length=9))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING, **exceptions)), owners=("user",))
    assert found(declaration, model) == [("privacy.E002", "kvs.Sample.note")]


def test_i2_special_data_need_a_ground_of_their_own() -> None:
    model = owned(advice=SealedField(context="kvs.sample.advice"))
    for purposes, errors in ((EXEMPTION_ADVICE,), []), ((TEACHING_PURPOSE,), [("privacy.E002", "kvs.Sample.advice")]):
        fields = (ROW_ID, USER, Field("advice", SUPPORT, purposes=purposes))
        assert found(Model("kvs.Sample", fields, owners=("user",)), model) == errors


def test_i3_an_identifier_that_is_not_sealed() -> None:
    model = owned(iban=models.TextField(blank=True))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("iban", BANK_ACCOUNT)), owners=("user",))
    assert found(declaration, model) == [("privacy.E003", "kvs.Sample.iban")]


def test_i3_sealed_by_code_that_does_not_exist() -> None:
    model = owned(iban=models.TextField(blank=True))
    for code, errors in ("kvs.drafts.keep", []), ("kvs.drafts.seal_it", [("privacy.E003", "kvs.Sample.iban")]):
        fields = (ROW_ID, USER, Field("iban", BANK_ACCOUNT, sealed_by=code))
        assert found(Model("kvs.Sample", fields, owners=("user",)), model) == errors


@pytest.mark.parametrize(("option", "value"), [("ordering", ["-iban"]), ("get_latest_by", "iban")])
def test_i3_an_identifier_that_orders_rows(option: str, value: object) -> None:
    model = owned(iban=SealedField(context="kvs.sample.iban", blank=True))
    setattr(model._meta, option, value)
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("iban", BANK_ACCOUNT)), owners=("user",))
    assert found(declaration, model) == [("privacy.E003", "kvs.Sample.iban")]


def test_i4_a_bsn_for_a_purpose_without_law() -> None:
    model = owned(number=SealedField(context="kvs.sample.number", blank=True))
    for purposes in ((TEACHING_PURPOSE,), (dataclasses.replace(TEACHING_PURPOSE, allows_bsn=True),)):
        fields = (ROW_ID, USER, Field("number", BSN, purposes=purposes))
        expected = [("privacy.E004", "kvs.Sample.number")]
        assert found(Model("kvs.Sample", fields, owners=("user",)), model) == expected


def test_i4_a_bsn_declared_as_something_else() -> None:
    model = owned(partner_bsn=SealedField(context="kvs.sample.bsn", blank=True))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("partner_bsn", BANK_ACCOUNT)), owners=("user",))
    assert found(declaration, model) == [("privacy.E004", "kvs.Sample.partner_bsn")]


@pytest.mark.parametrize("path", ["nobody", "note", "user__nobody"])
def test_i5_a_path_that_leads_to_nobody(path: str) -> None:
    model = owned(note=models.CharField(max_length=9, db_index=True))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING)), owners=("user", path))
    assert found(declaration, model) == [("privacy.E005", f"kvs.Sample.{path}")]


def test_i5_a_path_without_index() -> None:
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    model = made(user=user, note=models.CharField(max_length=9))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING)), owners=("user",))
    assert found(declaration, model) == [("privacy.E005", "kvs.Sample.user")]


def test_i5_a_person_who_is_forgotten() -> None:
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    model = owned(note=models.CharField(max_length=9), by=by)
    fields = (ROW_ID, USER, Field("note", LEARNING), NotPersonal("by", Reason.LINK))
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == [("privacy.E005", "kvs.Sample.by")]
    assert found(Model("kvs.Sample", fields, owners=("user",), actors=("by",)), model) == []


def test_i5_personal_columns_about_nobody_and_people_without_columns() -> None:
    alone = made(note=models.CharField(max_length=9))
    assert found(Model("kvs.Sample", (ROW_ID, Field("note", LEARNING))), alone) == [("privacy.E005", "kvs.Sample")]
    empty = owned()
    assert found(Model("kvs.Sample", (ROW_ID, USER), owners=("user",)), empty) == [("privacy.E005", "kvs.Sample")]


def test_i6_a_column_that_must_be_emptied_and_cannot() -> None:
    model = owned(iban=SealedField(context="kvs.sample.iban"))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("iban", BANK_ACCOUNT)), owners=("user",))
    assert found(declaration, model) == [("privacy.E006", "kvs.Sample.iban")]


def test_i6_rows_go_with_their_owner_and_stay_without_their_actor() -> None:
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    model = owned(note=models.CharField(max_length=9), by=by)
    fields = (ROW_ID, USER, Field("note", LEARNING), NotPersonal("by", Reason.LINK))
    wrong_way_round = Model("kvs.Sample", fields, owners=("by",), actors=("user",))
    assert found(wrong_way_round, model) == [("privacy.E006", "kvs.Sample.by"), ("privacy.E006", "kvs.Sample.user")]


def test_i7_a_reference_out_of_a_container_that_lives_longer() -> None:
    model = owned(amount_cents=models.BigIntegerField())
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("amount_cents", INVOICES)), owners=("user",))
    assert found(declaration, model) == [("privacy.E007", "kvs.Sample.user")]


def test_i7_two_containers_in_one_model() -> None:
    model = owned(note=models.CharField(max_length=9), amount_cents=models.BigIntegerField())
    fields = (ROW_ID, USER, Field("note", LEARNING), Field("amount_cents", INVOICES))
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == [("privacy.E007", "kvs.Sample")]


def test_i7_statistics_about_a_person() -> None:
    model = made(hours=models.IntegerField())
    retention = dataclasses.replace(BOOKS, container=Container.STATISTICS)
    declaration = Model("kvs.Sample", (ROW_ID, Field("hours", INVOICES, retention=retention)))
    assert found(declaration, model) == [("privacy.E007", "kvs.Sample")]


def test_i8_withholding_without_a_sentence() -> None:
    model = owned(note=models.CharField(max_length=9))
    declaration = Model("kvs.Sample", (ROW_ID, USER, Field("note", LEARNING, withhold="secret")), owners=("user",))
    assert found(declaration, model) == [("privacy.E008", "kvs.Sample.note")]


def test_i10_an_index_of_a_column_that_is_not_sealed() -> None:
    model = owned(
        phone=models.CharField(max_length=20),
        bsn=SealedField(context="kvs.sample.bsn", blank=True),
        bsn_index=models.CharField(max_length=64, blank=True),
    )
    for source, errors in ("bsn", []), ("phone", [("privacy.E010", "kvs.Sample.bsn_index")]):
        fields = (ROW_ID, USER, Field("phone", CONTACT), Field("bsn", BSN), Field("bsn_index", BSN, index_of=source))
        assert found(Model("kvs.Sample", fields, owners=("user",)), model) == errors


def test_i11_a_column_that_changes_by_itself_fills_no_audit() -> None:
    model = owned(seen_at=models.DateTimeField(auto_now=True))
    for audited, errors in (False, []), (True, [("privacy.E011", "kvs.Sample.seen_at")]):
        fields = (ROW_ID, USER, Field("seen_at", LEARNING, audited=audited))
        assert found(Model("kvs.Sample", fields, owners=("user",)), model) == errors


@pytest.mark.parametrize("name", ["is_deleted", "deleted_at", "deleted", "removed_on", "soft_deleted"])
def test_i13_marking_as_deleted(name: str) -> None:
    columns: dict[str, models.Field[Any, Any]] = {"note": models.CharField(max_length=9), name: models.BooleanField()}
    model = owned(**columns)
    fields = (ROW_ID, USER, Field("note", LEARNING), Field(name, LEARNING))
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == [("privacy.E013", f"kvs.Sample.{name}")]


@pytest.mark.parametrize(
    ("name", "errors"),
    [
        ("score", ["kvs.Sample.score"]),
        ("dropout_risk", ["kvs.Sample.dropout_risk"]),
        ("class_rank", ["kvs.Sample.class_rank"]),
        ("note", []),
        ("frankness", []),
    ],
)
def test_i15_a_score_of_a_person(name: str, errors: list[str]) -> None:
    """Policy B 4.4: no profiling."""
    model = owned(**{name: models.CharField(max_length=9)})
    fields = (ROW_ID, USER, Field(name, LEARNING))
    wanted = [("privacy.E015", where) for where in errors]
    assert found(Model("kvs.Sample", fields, owners=("user",)), model) == wanted


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("CACHES", {**kvs.settings.CACHES, "pages": kvs.settings.CACHES["default"]}, "cache:pages"),
        ("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend", "mail"),
        ("CELERY_RESULT_BACKEND", "redis://localhost", "results"),
        ("MESSAGE_STORAGE", "django.contrib.messages.storage.cookie.CookieStorage", "messages"),
        ("SESSION_ENGINE", "django.contrib.sessions.backends.cache", "sessions"),
        ("CELERY_BROKER_URL", "sqs://", "broker"),
        (
            "LOGGING",
            {"handlers": {"file": {"class": "logging.FileHandler"}, "stdout": {"class": "logging.StreamHandler"}}},
            "log:file",
        ),
        ("FILE_UPLOAD_HANDLERS", ["django.core.files.uploadhandler.MemoryFileUploadHandler"], "upload:Temporary"),
    ],
)
def test_i14_a_place_nobody_declared(settings: Settings, name: str, value: object, place: str) -> None:
    setattr(settings, name, value)
    errors = problems(catalogue.load(), installed_models())
    assert [(error.id, str(error.obj).removesuffix("FileUploadHandler")) for error in errors] == [("privacy.E014", place)]


def test_a_place_without_setting_may_be_declared() -> None:
    whole = catalogue.load()
    backups = Store("backups", "Backups", "Sealed copies of the database.", gone_after=Period(days=30))
    assert problems(dataclasses.replace(whole, stores=(*whole.stores, backups)), installed_models()) == []


def test_an_exception_that_is_no_attribute_is_refused_when_read() -> None:
    with pytest.raises(TypeError):
        Field("email", CONTACT, recipient=())


def test_refusing_names_every_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_unless_complete()
    whole = catalogue.load()
    without = Catalogue(tuple(model for model in whole.models if model.label != "kvs.Draft"), whole.stores)
    monkeypatch.setattr(catalogue, "load", lambda: without)
    with pytest.raises(SystemCheckError, match=r"kvs\.Draft: \(privacy\.E001\) is not declared"):
        refuse_unless_complete()


def test_the_count_of_every_reason_is_shown_by_a_deployment_check() -> None:
    messages = django_checks.run_checks(tags=["privacy"], include_deployment_checks=True)
    assert [message.id for message in messages] == ["privacy.I001"]
    said = dict(part.rsplit(" ", 1) for part in messages[0].msg.partition("not personal: ")[2].split(", "))
    assert said.keys() == set(Reason.values)
    declared = [field for model in catalogue.load().models for field in model.fields if isinstance(field, NotPersonal)]
    assert int(said["organisation"]) == len([field for field in declared if field.because == Reason.ORGANISATION])


def test_the_hash_changes_with_any_declaration_and_with_nothing_else() -> None:
    whole = catalogue.load()
    assert catalogue.fingerprint() == catalogue.digest(whole)
    with translation.override("en"):
        assert catalogue.fingerprint() == catalogue.digest(whole)
    assert catalogue.digest(Catalogue(whole.models[::-1], whole.stores[::-1])) == catalogue.fingerprint()
    user = whole.find(User)
    fields = tuple(
        Field(field.name, field.category, portable=False) if field.name == "language" else field
        for field in user.fields
        if isinstance(field, Field)
    )
    changed = tuple(dataclasses.replace(user, fields=fields) if model is user else model for model in whole.models)
    assert catalogue.digest(dataclasses.replace(whole, models=changed)) != catalogue.fingerprint()


def test_questions_about_the_account() -> None:
    assert catalogue.field_for(User, "email").category.code == "account"
    assert [field.name for field in catalogue.fields_of(Organisation)] == []
    assert catalogue.audited_fields(Membership) == ["user", "role", "location", "starts_on", "ends_on", "given_by"]
    assert catalogue.readable_by(User, Role.TEACHER) == []
    assert "password" not in catalogue.readable_by(User, Role.SYSTEM_ADMINISTRATOR)
    assert set(catalogue.exported_fields(User)) == {field.name for field in catalogue.fields_of(User)} - {"password", "pin"}
    with pytest.raises(KeyError):
        catalogue.field_for(User, "id")


def test_only_an_identifier_needs_a_seal_and_its_index_does_not() -> None:
    assert catalogue.must_be_sealed(Field("bsn", BSN))
    assert not catalogue.must_be_sealed(Field("bsn_index", BSN, index_of="bsn"))
    assert not catalogue.must_be_sealed(Field("name", ACCOUNT, kind=Kind.NAME))
    assert catalogue.must_be_sealed(Field("name", ACCOUNT, sensitivity=Sensitivity.SPECIAL))


@pytest.mark.django_db
def test_tables_and_columns_of_nobody_are_seen() -> None:
    assert undeclared_tables(connection) == []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE old_students (name text)")
        cursor.execute("ALTER TABLE kvs_user ADD COLUMN nickname text")
        cursor.execute("CREATE VIEW everyone AS SELECT email FROM kvs_user")
        cursor.execute("CREATE SCHEMA aside CREATE TABLE notes (note text)")
    assert undeclared_tables(connection) == ["aside.notes", "everyone", "kvs_user.nickname", "old_students"]
