"""A database that was put back does no work until the erasures are carried out again; then everything goes on."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from kvs import ledger, ledger_guard, tasks
from kvs.database import erasing
from kvs.jobs import WORK, start_job
from kvs.models import Job, LedgerEntry, Location, Role, User
from tests.factories import staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
CLOSED = "bin/manage replay_ledger"


def erase(audit_id: uuid.UUID | None = None) -> None:
    with transaction.atomic():
        ledger.record_erasure(audit_id=audit_id or uuid.uuid4(), scope="all", plan_hash="ab" * 32)


def put_back_a_backup() -> None:
    with erasing():
        LedgerEntry.objects.all().delete()


@pytest.fixture
def behind(sami: User) -> None:
    """The database knows less than the file, as after a restore; the process starts then."""
    erase()
    put_back_a_backup()
    ledger_guard.guard_start()


def text(browser: Browser, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.usefixtures("behind")
def test_every_page_is_closed_until_the_replay(sami: User) -> None:
    visitor, browser = Browser(), signed_in(sami)
    for reader, path in ((visitor, reverse("account_login")), (browser, "/"), (browser, "/accounts/"), (visitor, "/nothing/")):
        assert CLOSED in text(reader, path, 503)
    answer = visitor.post(reverse("account_login"), {"login": sami.email})
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "300", "no-store")
    assert "Content-Security-Policy" in answer
    assert text(visitor, "/healthz") == "ok"
    assert visitor.get("/readyz").json()["ledger"] is False
    assert visitor.get("/readyz").status_code == 503
    ledger.replay()
    assert CLOSED not in text(browser, "/")
    assert visitor.get("/readyz").json()["ledger"] is True


@pytest.mark.usefixtures("behind")
def test_a_worker_leaves_its_jobs_waiting_until_then(monkeypatch: pytest.MonkeyPatch, sami: User) -> None:
    done: list[Any] = []
    monkeypatch.setitem(WORK, "tests.note", lambda run: done.append(run.job.pk))
    job = start_job("tests.note", {}, by=sami)
    tasks.run_job(str(job.pk))
    assert (done, Job.objects.get().state) == ([], "queued")
    ledger.replay()
    tasks.run_job(str(job.pk))
    assert (done, Job.objects.get().state) == ([job.pk], "done")


def test_a_running_process_notices_a_file_that_grew_elsewhere(sami: User) -> None:
    ledger_guard.guard_start()
    browser = signed_in(sami)
    assert CLOSED not in text(browser, "/")
    erase()
    assert CLOSED not in text(browser, "/")
    put_back_a_backup()
    ledger.ledger_file().touch()
    assert CLOSED in text(browser, "/", 503)


def test_a_start_makes_the_file_of_a_new_school_and_writes_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, north: Location
) -> None:
    path: Path = ledger.ledger_file()
    ledger_guard.guard_start()
    assert path.read_bytes() == b""
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "write_out", lambda: (_ for _ in ()).throw(OSError(28, "No space left")))
        erase(staff(Role.TEACHER, north).audit_id)
    assert path.read_bytes() == b""
    ledger_guard.guard_start()
    assert len(ledger.read_lines()) == 1
    assert ledger_guard.problem() == ""


def test_a_file_that_is_gone_or_damaged_closes_too_and_is_not_made_anew() -> None:
    erase()
    path = ledger.ledger_file()
    path.write_text("{}\n")
    assert "damaged" in ledger_guard.problem()
    path.unlink()
    ledger_guard.guard_start()
    assert ledger_guard.problem() == ledger.GONE
    assert not path.exists()


def test_while_all_is_well_the_database_is_not_asked(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert ledger_guard.problem() == ""
    erase()
    ledger_guard.problem()
    with django_assert_num_queries(0):
        assert ledger_guard.problem() == ""
