"""Sealing: every trap of the library, named in dependencies.md 1.2 and privacy_engineering.md LAB 4-7, stays shut."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.serializers import serialize
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower
from django.test.utils import isolate_apps
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pytest_django import Settings

from kvs.environment import EnvironmentProblem
from kvs.fields import SealBroken, SealedField, blind_index, check_contexts, seal, seal_bytes, unseal, unseal_bytes
from kvs.models import KeySentinel
from kvs.sentinel import KNOWN, check_sentinel, guard_start, write_sentinel

SECRET = "999990019 is a number nobody may read"
CONTEXT = "kvs.key_sentinel.sealed"


@pytest.fixture
def row(db: None) -> KeySentinel:
    return KeySentinel.objects.create(sealed=SECRET, index="i", secret="s")


def keys(*chosen: str) -> Callable[[], tuple[str, ...]]:
    """What settings.SEAL_KEYS is."""
    return lambda: chosen


def stored() -> Any:
    """The raw column, read past the field."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM kvs_keysentinel")
        return cursor.fetchone()[0]


def store(raw: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE kvs_keysentinel SET sealed = %s", [raw])


def test_the_column_holds_a_token_and_the_row_the_value(row: KeySentinel) -> None:
    assert SECRET not in stored()
    assert unseal(stored(), CONTEXT) == SECRET
    assert KeySentinel.objects.get().sealed == SECRET
    assert list(KeySentinel.objects.values_list("sealed", flat=True)) == [SECRET]


def test_the_same_value_never_gives_the_same_token() -> None:
    assert seal("x", "a") != seal("x", "a")


@pytest.mark.parametrize("value", ["", "0", "\n", "a\nb", "Łukasz Özdemir ትግርኛ", "x" * 5000, seal("inner", CONTEXT)])
def test_every_text_comes_back_as_it_was(db: None, value: str) -> None:
    KeySentinel.objects.create(sealed=value)
    assert KeySentinel.objects.get().sealed == value


def test_a_token_copied_from_another_field_does_not_open(row: KeySentinel) -> None:
    store(seal(SECRET, "kvs.other.field"))
    with pytest.raises(SealBroken):
        KeySentinel.objects.get()


@pytest.mark.parametrize("raw", [SECRET, "", "gAAAAA", "é"])
def test_plain_text_in_the_column_is_an_error(row: KeySentinel, raw: str) -> None:
    store(raw)
    with pytest.raises(SealBroken):
        KeySentinel.objects.get()


def test_a_changed_token_is_an_error(row: KeySentinel) -> None:
    raw = stored()
    store(raw[:40] + ("A" if raw[40] != "A" else "B") + raw[41:])
    with pytest.raises(SealBroken):
        KeySentinel.objects.get()


def test_another_key_raises_and_does_not_show_the_token(row: KeySentinel, settings: Settings) -> None:
    settings.SEAL_KEYS = keys(Fernet.generate_key().decode())
    with pytest.raises(SealBroken) as caught:
        KeySentinel.objects.get()
    assert str(caught.value) == f"A sealed value for '{CONTEXT}' does not open: wrong key, or it was changed."


def test_a_broken_seal_quotes_neither_value_nor_token() -> None:
    token = seal(SECRET, "a.b")
    with pytest.raises(SealBroken) as caught:
        unseal(token, "c.d")
    assert str(caught.value) == "A sealed value for 'c.d' was made for another place."
    assert caught.value.__cause__ is None


def test_rotation_reads_with_the_old_key_and_writes_with_the_new(row: KeySentinel, settings: Settings) -> None:
    old, new = settings.SEAL_KEYS()[0], Fernet.generate_key().decode()
    settings.SEAL_KEYS = keys(new, old)
    found = KeySentinel.objects.get()
    assert found.sealed == SECRET
    found.save()
    settings.SEAL_KEYS = keys(new)
    assert KeySentinel.objects.get().sealed == SECRET
    settings.SEAL_KEYS = keys(old)
    with pytest.raises(SealBroken):
        KeySentinel.objects.get()


def test_bulk_update_stores_the_value(row: KeySentinel) -> None:
    row.sealed = "new"
    assert KeySentinel.objects.bulk_update([row], ["sealed"]) == 1
    assert unseal(stored(), CONTEXT) == "new"
    assert KeySentinel.objects.get().sealed == "new"


def test_bulk_create_and_update_store_the_value(db: None) -> None:
    KeySentinel.objects.bulk_create([KeySentinel(sealed="one")])
    assert unseal(stored(), CONTEXT) == "one"
    KeySentinel.objects.update(sealed="two")
    assert unseal(stored(), CONTEXT) == "two"
    assert KeySentinel.objects.get().sealed == "two"


def test_update_with_itself_keeps_the_value(row: KeySentinel) -> None:
    KeySentinel.objects.update(sealed=F("sealed"))
    assert KeySentinel.objects.get().sealed == SECRET


@pytest.mark.parametrize("expression", [F("secret"), Value("plain"), Lower("secret")])
def test_an_expression_cannot_store_plain_text(row: KeySentinel, expression: Any) -> None:
    with pytest.raises(FieldError), transaction.atomic():
        KeySentinel.objects.update(sealed=expression)
    row.sealed = expression
    with pytest.raises(FieldError), transaction.atomic():
        KeySentinel.objects.bulk_update([row], ["sealed"])
    with pytest.raises(FieldError), transaction.atomic():
        row.save()
    assert unseal(stored(), CONTEXT) == SECRET


def test_user_input_that_is_a_token_is_stored_not_opened(db: None) -> None:
    token = seal("somebody else's number", CONTEXT)
    typed = KeySentinel(sealed=token)
    typed.clean_fields(exclude=["id", "index", "secret"])
    assert typed.sealed == token
    typed.save()
    assert KeySentinel.objects.get().sealed == token


@pytest.mark.parametrize("lookup", ["sealed", "sealed__exact", "sealed__icontains", "sealed__in", "sealed__gt"])
def test_look_ups_are_refused(db: None, lookup: str) -> None:
    with pytest.raises(FieldError, match="is sealed"):
        KeySentinel.objects.filter(**{lookup: SECRET})
    with pytest.raises(FieldError, match="is sealed"):
        KeySentinel.objects.exclude(**{lookup: SECRET})


def test_transforms_are_refused(db: None) -> None:
    lookup = "sealed__length__gt"  # written as a keyword it stops mypy too: its plugin asks the field
    with pytest.raises(FieldError, match="is sealed"):
        KeySentinel.objects.filter(**{lookup: 3})


def test_is_null_can_be_asked(row: KeySentinel) -> None:
    assert KeySentinel.objects.filter(sealed__isnull=False).count() == 1
    assert KeySentinel.objects.filter(sealed__isnull=True).count() == 0


def test_serialisers_are_refused(row: KeySentinel) -> None:
    with pytest.raises(FieldError):
        serialize("json", KeySentinel.objects.all())


@isolate_apps("kvs")
def test_none_stays_null() -> None:
    field: Any = SealedField(context="a.b.c", null=True)
    assert field.get_db_prep_save(None, connection) is None
    assert field.from_db_value(None, None, connection) is None


def test_a_migration_keeps_the_context() -> None:
    field = KeySentinel._meta.get_field("sealed")
    _, path, _, options = field.deconstruct()
    assert (path, options) == ("kvs.fields.SealedField", {"context": CONTEXT})
    assert field.clone().context == CONTEXT


@isolate_apps("kvs")
def found_errors(**options: Any) -> list[str | None]:
    class Example(models.Model):
        number = SealedField(**{"context": "kvs.example.number", **options})

        class Meta:
            app_label = "kvs"

    return [error.id for error in Example._meta.get_field("number").check()]


def test_the_check_finds_a_bad_context_and_comparisons() -> None:
    assert found_errors() == []
    assert found_errors(context="Number") == ["kvs.E001"]
    assert found_errors(unique=True) == ["kvs.E002"]
    assert found_errors(db_index=True) == ["kvs.E002"]


@isolate_apps("kvs")
def test_the_check_finds_sorting_and_constraints_in_meta() -> None:
    class Sorted(models.Model):
        number = SealedField(context="kvs.sorted.number")

        class Meta:
            app_label = "kvs"
            ordering = ["-number"]

    class Once(models.Model):
        number = SealedField(context="kvs.once.number")

        class Meta:
            app_label = "kvs"
            constraints = [models.UniqueConstraint(fields=["number"], name="once")]

    for model in (Sorted, Once):
        assert [error.id for error in model._meta.get_field("number").check()] == ["kvs.E002"]


def test_a_context_used_twice_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_contexts(None) == []
    with isolate_apps("kvs") as isolated:

        class One(models.Model):
            number = SealedField(context="kvs.same")

            class Meta:
                app_label = "kvs"

        class Two(models.Model):
            number = SealedField(context="kvs.same")

            class Meta:
                app_label = "kvs"

        monkeypatch.setattr("kvs.fields.apps", isolated)
        assert [error.id for error in check_contexts(None)] == ["kvs.E003", "kvs.E003"]


def test_bytes_are_sealed_too() -> None:
    sealed = seal_bytes(b"\x00\xff\n%PDF", "kvs.file:1")
    assert b"%PDF" not in sealed
    assert unseal_bytes(sealed, "kvs.file:1") == b"\x00\xff\n%PDF"
    with pytest.raises(SealBroken):
        unseal_bytes(sealed, "kvs.file:2")


@pytest.mark.parametrize("context", ["", "a\nb"])
def test_a_context_is_one_line(context: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        seal("x", context)


def test_blind_index_finds_equals_of_one_purpose_only(settings: Settings) -> None:
    settings.INDEX_KEY = "0" * 64
    index = blind_index("bsn", "999990019")
    # Counted by hand: printf 'bsn:v1:999990019' | openssl dgst -sha256 -hmac "$(printf '0%.0s' {1..64})"
    assert index == "a8d8066c5ae0789e64dfb9579791c600576658175bda8c653cf2db822a377a41"
    assert blind_index("bsn", "999990019") == index
    assert blind_index("iban", "999990019") != index
    settings.INDEX_KEY = "1" * 64
    assert blind_index("bsn", "999990019") != index


@pytest.mark.parametrize(("purpose", "value"), [("bsn", ""), ("", "1"), ("a:b", "1")])
def test_blind_index_refuses_what_would_mix(purpose: str, value: str) -> None:
    with pytest.raises(ValueError, match="blind index"):
        blind_index(purpose, value)


def test_the_sentinel_is_written_once_and_knows_its_keys(db: None, settings: Settings) -> None:
    with pytest.raises(EnvironmentProblem, match="does not know its keys yet"):
        check_sentinel()
    write_sentinel()
    check_sentinel()
    assert KNOWN not in stored()
    settings.SEAL_KEYS = keys(Fernet.generate_key().decode())
    with pytest.raises(EnvironmentProblem, match="The key 'seal' is not the one"):
        check_sentinel()


@pytest.mark.parametrize(("setting", "name"), [("INDEX_KEY", "index"), ("SECRET_KEY", "secret")])
def test_the_sentinel_names_the_wrong_key(db: None, settings: Settings, setting: str, name: str) -> None:
    write_sentinel()
    setattr(settings, setting, "another key")
    with pytest.raises(EnvironmentProblem, match=f"The key '{name}' is not the one"):
        check_sentinel()


def test_a_start_with_another_key_does_not_replace_the_sentinel(transactional_db: None, settings: Settings) -> None:
    guard_start()
    before = stored()
    settings.INDEX_KEY = "another key"
    with pytest.raises(EnvironmentProblem):
        guard_start()
    assert stored() == before


def test_a_web_process_with_another_key_does_not_start(transactional_db: None, tmp_path: Any) -> None:
    """The real entry point in a real process, with a key folder that is complete but not ours."""
    write_sentinel()
    code = "import kvs.wsgi"
    given = conninfo_to_dict(os.environ["KVS_DATABASE_URL"])
    url = make_conninfo(**{**given, "dbname": connection.settings_dict["NAME"]})
    make = "from pathlib import Path; from kvs.environment import make_keys; import sys; make_keys(Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", make, str(tmp_path)], check=True)
    environ = {**os.environ, "KVS_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "kvs.settings"}
    ours = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)
    other = subprocess.run(
        [sys.executable, "-c", code], env={**environ, "KVS_KEYS": str(tmp_path)}, capture_output=True, text=True
    )
    assert (ours.returncode, ours.stderr) == (0, "")
    assert other.returncode == 1
    assert "The key 'seal' is not the one this database was made with." in other.stderr
