"""Sealed files: nothing readable in the table, no swapping, an end."""

import datetime as dt
import hashlib
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kvs.fields import SealBroken
from kvs.files import FileTooLarge, expire_files, files_about, open_file, store_file
from kvs.models import SealedContent, SealedFile, SealedFilePerson
from kvs.models.vault import MAX_FILE_BYTES
from tests.factories import make_user

CONTENT = b"%PDF-1.7 Fatima Yilmaz 999990019 \x00\xff"
ANNA, BEA = uuid.uuid4(), uuid.uuid4()


def stored(*people: uuid.UUID, content: bytes = CONTENT, expires_at: dt.datetime | None = None) -> SealedFile:
    made = store_file(content, kind="test.letter", content_type="application/pdf", people=people, by=None, expires_at=expires_at)
    return SealedFile.objects.get(pk=made.pk)


def test_a_file_comes_back_and_is_unreadable_in_the_table(db: None) -> None:
    file = stored(ANNA)
    assert open_file(file) == CONTENT
    assert (file.size, file.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    raw = bytes(SealedContent.objects.get().content)
    assert b"Fatima" not in raw
    assert b"999990019" not in raw


def test_the_largest_file_fits_and_one_byte_more_does_not(db: None) -> None:
    assert open_file(stored(content=bytes(MAX_FILE_BYTES))) == bytes(MAX_FILE_BYTES)
    with pytest.raises(FileTooLarge):
        stored(content=bytes(MAX_FILE_BYTES + 1))
    assert SealedFile.objects.count() == 1


def test_the_database_refuses_what_is_too_large(db: None) -> None:
    file = stored()
    with pytest.raises(IntegrityError, match="sealed_content_size"), transaction.atomic():
        SealedContent.objects.filter(file=file).update(content=bytes(MAX_FILE_BYTES + 2048))
    with pytest.raises(IntegrityError, match="sealed_file_size"), transaction.atomic():
        SealedFile.objects.update(size=MAX_FILE_BYTES + 1)


def test_the_content_of_another_file_does_not_open(db: None) -> None:
    mine, theirs = stored(ANNA), stored(BEA, content=b"of Bea")
    SealedContent.objects.filter(file=mine).update(content=theirs.sealed.content)
    with pytest.raises(SealBroken, match="was made for another place"):
        open_file(SealedFile.objects.get(pk=mine.pk))


def test_a_changed_digest_is_noticed(db: None) -> None:
    file = stored()
    file.sha256 = "0" * 64
    with pytest.raises(SealBroken, match="digest"):
        open_file(file)


def test_an_expired_file_neither_opens_nor_stays(db: None) -> None:
    now = timezone.now()
    old, later, never = (
        stored(ANNA, expires_at=now + dt.timedelta(seconds=9)),
        stored(ANNA, expires_at=now + dt.timedelta(days=1)),
        stored(),
    )
    SealedFile.objects.filter(pk=old.pk).update(created_at=now - dt.timedelta(days=2), expires_at=now - dt.timedelta(days=1))
    old.refresh_from_db()
    with pytest.raises(SealedFile.DoesNotExist):
        open_file(old)
    assert expire_files() == 1
    assert set(SealedFile.objects.values_list("pk", flat=True)) == {later.pk, never.pk}
    assert SealedContent.objects.count() == 2
    assert SealedFilePerson.objects.count() == 1
    assert expire_files() == 0


def test_a_person_is_found_in_every_file_once(db: None) -> None:
    both, only_bea = stored(ANNA, BEA, ANNA), stored(BEA)
    assert files_about(ANNA) == [both]
    assert {file.pk for file in files_about(BEA)} == {both.pk, only_bea.pk}


def test_a_list_of_files_does_not_read_their_content(db: None) -> None:
    stored(ANNA)
    with connection.execute_wrapper(lambda execute, sql, *rest: execute(_no_content(sql), *rest)):
        file = SealedFilePerson.objects.select_related("file").get().file
        assert file.kind == "test.letter"
        assert list(SealedFile.objects.all()) == [file]


def _no_content(sql: str) -> str:
    assert "kvs_sealedcontent" not in sql
    return sql


def test_a_failed_store_leaves_nothing(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(ANNA, expires_at=timezone.now() - dt.timedelta(days=1))
    assert (SealedFile.objects.count(), SealedContent.objects.count()) == (0, 0)


def test_others_do_not_see_a_file(db: None) -> None:
    anna = make_user()
    file = store_file(b"x", kind="k", content_type="text/plain", people=[], by=anna)
    assert list(SealedFile.objects.visible_to(anna)) == [file]
    assert list(SealedFile.objects.visible_to(make_user())) == []
