"""The ledger of erasures: row and line, what is noticed, and that a replay erases again. Real file, real database."""

import datetime as dt
import json
import uuid
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from kvs import ledger
from kvs.database import erasing
from kvs.ledger import LedgerProblem, begin_file, behind, read_lines, record_erasure, replay, write_out
from kvs.models import ErasedMark, LedgerEntry, Location, Role, User
from tests.factories import staff

pytestmark = pytest.mark.django_db(transaction=True)
HASH = "ab" * 32


@pytest.fixture
def file() -> Path:
    """Where the lines of this test are (tests/conftest.py)."""
    return ledger.ledger_file()


def erase(audit_id: uuid.UUID | None = None, scope: str = "all") -> LedgerEntry:
    with transaction.atomic():
        return record_erasure(audit_id=audit_id or uuid.uuid4(), scope=scope, plan_hash=HASH)


def forget_rows(after: int) -> None:
    """What putting back a backup does to the database."""
    with erasing():
        LedgerEntry.objects.filter(seq__gt=after).delete()


@pytest.fixture
def erased_again(monkeypatch: pytest.MonkeyPatch) -> list[tuple[uuid.UUID, str]]:
    """Whom the replay erased."""
    done: list[tuple[uuid.UUID, str]] = []

    def take_away(audit_id: uuid.UUID, scope: str) -> None:
        User.objects.filter(audit_id=audit_id).delete()
        done.append((audit_id, scope))

    monkeypatch.setattr(ledger, "_erasers", [take_away])
    return done


def test_an_erasure_is_a_row_and_after_the_commit_a_line(file: Path) -> None:
    person = uuid.uuid4()
    with transaction.atomic():
        row = record_erasure(audit_id=person, scope="core,requests", plan_hash=HASH)
        assert read_lines() == []
    [line] = read_lines()
    assert (line.seq, line.person, line.scope, line.plan_hash) == (1, ledger.pseudonym(person), "core,requests", HASH)
    assert dt.datetime.fromisoformat(line.done_at) == row.done_at
    assert str(person) not in file.read_text()
    assert erase().seq == 2
    assert [line.seq for line in read_lines()] == [1, 2]
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert behind() == 0


def test_an_erasure_that_is_rolled_back_leaves_neither(file: Path) -> None:
    erase()
    with transaction.atomic():
        record_erasure(audit_id=uuid.uuid4(), scope="all", plan_hash=HASH)
        transaction.set_rollback(True)
    assert [line.seq for line in read_lines()] == [1]
    assert erase().seq == 2


def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(RuntimeError):
        record_erasure(audit_id=uuid.uuid4(), scope="all", plan_hash=HASH)
    assert not LedgerEntry.objects.exists()


def test_where_the_file_cannot_be_written_nothing_is_erased(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(LedgerProblem, match=r"^The ledger of erasures cannot be"):
        erase()
    assert not LedgerEntry.objects.exists()


def test_a_line_that_could_not_be_written_follows_later(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    erase()
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "write_out", lambda: (_ for _ in ()).throw(OSError(28, "No space left")))
        erase()
    assert len(read_lines()) == 1
    assert write_out() == 1
    assert [line.seq for line in read_lines()] == [1, 2]
    assert write_out() == 0


def test_a_line_cut_off_by_a_power_failure_is_written_again(file: Path) -> None:
    erase()
    erase()
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert [line.seq for line in read_lines()] == [1]
    assert behind() == 0
    assert write_out() == 1
    assert file.read_bytes() == whole


def test_a_database_that_was_put_back_is_behind_and_records_nothing(file: Path) -> None:
    for _number in range(3):
        erase()
    forget_rows(after=1)
    assert behind() == 2
    with pytest.raises(LedgerProblem, match="replay_ledger"):
        erase()
    assert LedgerEntry.objects.count() == 1


def test_a_replay_erases_who_is_there_again_under_the_old_numbers(
    erased_again: list[tuple[uuid.UUID, str]], north: Location
) -> None:
    gone, back, stays = (staff(Role.TEACHER, north) for _number in range(3))
    for number, person in enumerate((gone, back), start=1):
        erase(person.audit_id, f"scope_{number}")
    rows = list(LedgerEntry.objects.order_by("seq").values())
    gone.delete()
    forget_rows(after=0)
    assert replay() == (2, 1)
    assert erased_again == [(back.audit_id, "scope_2")]
    assert list(LedgerEntry.objects.order_by("seq").values()) == rows
    assert set(User.objects.filter(pk__in=[gone.pk, back.pk, stays.pk])) == {stays}
    assert (behind(), replay()) == (0, (0, 0))
    assert erase().seq == 3


def test_a_replay_that_is_cut_off_goes_on(monkeypatch: pytest.MonkeyPatch, north: Location) -> None:
    people = [staff(Role.TEACHER, north) for _number in range(2)]
    for person in people:
        erase(person.audit_id)
    forget_rows(after=0)
    first = people[0].audit_id

    def only_first(audit_id: uuid.UUID, scope: str) -> None:
        if audit_id != first:
            raise ZeroDivisionError
        User.objects.filter(audit_id=audit_id).delete()

    monkeypatch.setattr(ledger, "_erasers", [only_first])
    with pytest.raises(ZeroDivisionError):
        replay()
    assert behind() == 1
    monkeypatch.setattr(ledger, "_erasers", [lambda audit_id, scope: User.objects.filter(audit_id=audit_id).delete()])
    assert replay() == (1, 1)
    assert not User.objects.filter(pk__in=[person.pk for person in people]).exists()


def test_with_nothing_that_can_erase_a_replay_stops(monkeypatch: pytest.MonkeyPatch, north: Location) -> None:
    erase(staff(Role.TEACHER, north).audit_id)
    forget_rows(after=0)
    monkeypatch.setattr(ledger, "_erasers", [])
    with pytest.raises(LedgerProblem, match=r"^Nothing in this version can erase"):
        replay()
    assert behind() == 1


def test_a_file_that_is_gone_is_not_an_empty_one(file: Path) -> None:
    begin_file()
    assert (file.read_bytes(), behind()) == (b"", 0)
    erase()
    file.unlink()
    for ask in (behind, begin_file, write_out, erase):
        with pytest.raises(LedgerProblem, match=r"^The ledger of erasures is gone"):
            ask()
    assert not file.exists()
    assert write_out(lost=True) == 1
    assert behind() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seq": 0}, "Line 2 of the ledger of erasures is damaged"),
        ({"seq": 1}, "goes back after number 1"),
        ({"done_at": "yesterday"}, "Line 2 of the ledger of erasures is damaged"),
        ({"extra": 1}, "Line 2 of the ledger of erasures is damaged"),
        ({"key": "0" * 16}, "The key 'ledger' is not the one"),
    ],
)
def test_a_file_that_is_not_ours_is_refused(file: Path, change: dict[str, object], words: str) -> None:
    erase()
    erase()
    first, second = file.read_text().splitlines()
    file.write_text(f"{first}\n{json.dumps(json.loads(second) | change)}\n")
    with pytest.raises(LedgerProblem, match=words):
        behind()


def test_another_key_makes_other_names_and_is_noticed(settings: Settings) -> None:
    person = uuid.uuid4()
    erase(person)
    before = ledger.pseudonym(person)
    settings.LEDGER_KEY = "another"
    assert ledger.pseudonym(person) != before
    with pytest.raises(LedgerProblem, match="The key 'ledger' is not the one"):
        behind()


@pytest.mark.parametrize("bad", [{"scope": "Amira Haddad"}, {"plan_hash": "x" * 64}, {"scope": ""}])
def test_the_database_refuses_more_than_codes(bad: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        record_erasure(**{"audit_id": uuid.uuid4(), "scope": "all", "plan_hash": HASH} | bad)  # type: ignore[arg-type]


def test_rows_only_grow() -> None:
    erase()
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("UPDATE kvs_ledgerentry SET scope = 'none'")
    with pytest.raises(IntegrityError):
        LedgerEntry.objects.all().delete()


def test_an_erased_value_is_recognised_until_its_day() -> None:
    today = timezone.localdate()
    ledger.remember_erased("bsn", "123456782", until=today)
    assert ledger.was_erased("bsn", "123456782")
    assert not ledger.was_erased("bsn", "111222333")
    assert not ledger.was_erased("name", "123456782")
    assert "123456782" not in ErasedMark.objects.get().mark
    assert ledger.delete_old_marks() == 0
    ledger.remember_erased("bsn", "123456782", until=today - dt.timedelta(days=1))
    assert not ledger.was_erased("bsn", "123456782")
    assert ledger.delete_old_marks() == 1
    for purpose, value in (("", "x"), ("bsn", "")):
        with pytest.raises(ValueError, match="purpose and a value"):
            ledger.was_erased(purpose, value)
