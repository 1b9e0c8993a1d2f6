"""Long work: one runner, visible progress, an end in every case, nothing personal in the row."""

import datetime as dt
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kvs.celery import app
from kvs.environment import PROJECT
from kvs.jobs import (
    ATTEMPTS,
    KEPT,
    SILENCE,
    JobStopped,
    Run,
    claim,
    delete_old_jobs,
    job,
    request_cancel,
    ring_waiting,
    run_job,
    start_job,
)
from kvs.models import AuditEntry, Job, JobState, Location
from tests.architecture.test_templates import APPS
from tests.factories import make_user
from tests.kvs import jobs_for_tests  # noqa: F401  (registers its work functions)

LONG_AGO = dt.timedelta(hours=1)


QUEUE = f"test-{uuid.uuid4()}"  # test processes that run side by side share one broker


def bells() -> int:
    """Messages waiting in the broker."""
    with app.connection_for_read() as broker:
        return int(broker.default_channel.client.llen(QUEUE))


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    before, app.conf.task_default_queue = app.conf.task_default_queue, QUEUE
    yield
    app.conf.task_default_queue = before
    with app.connection_for_read() as broker:
        broker.default_channel.client.delete(QUEUE)


def on_test_database() -> dict[str, str]:
    """The environment for another process that works on the database of this test."""
    given = conninfo_to_dict(os.environ["KVS_DATABASE_URL"])
    url = make_conninfo(**{**given, "dbname": connection.settings_dict["NAME"]})
    return {**os.environ, "KVS_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "kvs.settings", "TEST_QUEUE": QUEUE}


def queued(kind: str = "test.count", **fields: Any) -> Job:
    return Job.objects.create(kind=kind, arguments={"total": 1}, **fields)


def in_thread(made: Job) -> threading.Thread:
    """Run it beside the test, on a connection of its own."""

    def run() -> None:
        run_job(made.pk)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def silent(job: Job) -> None:
    """Make its last sign of life too old."""
    Job.objects.filter(pk=job.pk).update(heartbeat=timezone.now() - LONG_AGO)


# --- starting


def test_a_job_is_stored_and_rung_after_commit(transactional_db: None) -> None:
    user, file = make_user(), uuid.uuid4()
    with transaction.atomic():
        made = start_job("test.count", {"file": file, "on": dt.date(2026, 11, 1), "parts": ["a", 2, None]}, by=user)
        assert bells() == 0
    assert bells() == 1
    made.refresh_from_db()
    assert made.arguments == {"file": str(file), "on": "2026-11-01", "parts": ["a", 2, None]}
    assert (made.state, made.requested_by, made.attempt) == (JobState.QUEUED, user, 0)


def test_the_message_holds_the_id_and_nothing_else(transactional_db: None) -> None:
    made = start_job("test.count", {"total": 3}, by=None)
    with app.connection_for_read() as broker:
        [message] = [m for m in [broker.SimpleQueue(QUEUE).get(block=False)] if m]
    assert message.payload[:2] == [[str(made.pk)], {}]


def test_a_rolled_back_start_rings_nobody(transactional_db: None) -> None:
    with transaction.atomic():
        start_job("test.count", {}, by=None)
        transaction.set_rollback(True)
    assert (bells(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("value", ["Fatima Yilmaz", "Özdemir", "x" * 65, 1.5, object(), {"a": "b c"}, ["a b"]])
def test_arguments_are_ids_and_codes(db: None, value: Any) -> None:
    with pytest.raises(ValueError, match="ids, numbers, dates and codes"):
        start_job("test.count", {"x": value}, by=None)
    assert Job.objects.count() == 0


def test_an_unknown_kind_is_refused(db: None) -> None:
    with pytest.raises(KeyError):
        start_job("test.unknown", {}, by=None)


def test_a_kind_has_one_work_function() -> None:
    with pytest.raises(ValueError, match="Two work functions"):
        job("test.count")(lambda run: None)


def test_the_worker_knows_every_kind_of_job() -> None:
    """A work function beside an action is known to the web, which loads all pages, and unknown to the worker."""
    code = "from kvs.celery import app; app.loader.import_default_modules(); from kvs.jobs import WORK; print(*sorted(WORK))"
    known = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    sources = [path for app_name in APPS for path in (PROJECT / app_name).rglob("*.py")]
    started = {kind for path in sources for kind in re.findall(r"(?:start_job|@job)\(\s*\"([a-z_.]+)\"", path.read_text())}
    assert set(known.stdout.split()) >= started
    assert len(started) > 10


def test_a_broker_that_is_away_does_not_stop_the_start(transactional_db: None) -> None:
    code = """
import django, time
django.setup()
import tests.kvs.jobs_for_tests
from kvs.jobs import start_job
started = time.monotonic()
start_job("test.count", {}, by=None)
assert time.monotonic() - started < 2
"""
    environ = {**on_test_database(), "KVS_REDIS_URL": "unix:///nowhere/valkey.sock"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    made = Job.objects.get()
    assert f"The bell for job {made.pk} did not ring; it is rung again within two minutes." in done.stdout
    assert (made.state, bells()) == (JobState.QUEUED, 0)


# --- running


def test_a_job_runs_to_its_end_with_its_actor(transactional_db: None) -> None:
    user = make_user()
    made = queued(requested_by=user)
    run_job(made.pk)
    made.refresh_from_db()
    assert (made.state, made.done, made.total, made.doing) == (JobState.DONE, 1, 1, "Counting")
    assert (made.result, made.attempt, made.error) == ({"counted": 1}, 1, "")
    assert made.finished_at is not None
    assert AuditEntry.objects.get(model="kvs.location").actor_audit_id == user.audit_id


def test_running_it_again_does_nothing(transactional_db: None) -> None:
    made = queued()
    run_job(made.pk)
    before = Job.objects.values().get()
    run_job(made.pk)
    assert Job.objects.values().get() == before
    run_job(uuid.uuid4())  # a job deleted meanwhile


def test_a_failure_keeps_the_class_and_no_value(transactional_db: None, caplog: pytest.LogCaptureFixture) -> None:
    made = queued("test.fail")
    with caplog.at_level(logging.DEBUG):
        run_job(made.pk)
    made.refresh_from_db()
    assert (made.state, made.error) == (JobState.FAILED, "ValueError")
    assert Location.objects.count() == 0
    [record] = [record for record in caplog.records if record.name == "kvs.jobs"]
    assert record.getMessage().startswith(f"Job {made.pk} (test.fail) failed: ValueError in fail, line ")
    assert "Fatima" not in caplog.text


def test_a_result_that_is_more_than_ids_fails(transactional_db: None) -> None:
    made = queued("test.careless")
    run_job(made.pk)
    made.refresh_from_db()
    assert (made.state, made.error, made.result) == (JobState.FAILED, "ValueError", {})


def test_a_kind_this_worker_does_not_know_fails(transactional_db: None) -> None:
    made = queued("test.unknown")
    run_job(made.pk)
    made.refresh_from_db()
    assert (made.state, made.error) == (JobState.FAILED, "KeyError")


def test_more_done_than_there_is_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        Run(Job()).progress(3, 2)


def test_one_of_two_runners_gets_the_job(transactional_db: None) -> None:
    """Two connections, both past the look and before the claim: twenty rounds."""
    for _ in range(20):
        made, barrier = queued(), threading.Barrier(2)
        got: list[Job | None] = []

        def contend(made: Job = made, barrier: threading.Barrier = barrier, got: list[Job | None] = got) -> None:
            barrier.wait()
            got.append(claim(made.pk))
            connection.close()

        threads = [threading.Thread(target=contend) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(found is not None for found in got) == [False, True]


# --- dying, waiting, stopping


def test_a_living_runner_keeps_its_job_a_silent_one_loses_it(db: None) -> None:
    made = queued()
    first = claim(made.pk)
    assert first is not None
    assert claim(made.pk) is None
    silent(made)
    second = claim(made.pk)
    assert second is not None
    assert (first.attempt, second.attempt) == (1, 2)


def test_a_runner_that_lost_its_job_stops_and_writes_nothing(db: None) -> None:
    made = queued()
    first = claim(made.pk)
    assert first is not None
    silent(made)
    claim(made.pk)
    late = Run(first)
    late.progress(1, 1)
    late.beat()
    with pytest.raises(JobStopped):
        late.progress(1, 1)
    late.end(JobState.DONE)
    made.refresh_from_db()
    assert (made.state, made.attempt, made.done) == (JobState.RUNNING, 2, 0)


def test_after_too_many_deaths_it_has_failed(db: None) -> None:
    made = queued()
    for _ in range(ATTEMPTS):
        assert claim(made.pk) is not None
        silent(made)
    assert claim(made.pk) is None
    made.refresh_from_db()
    assert (made.state, made.error, made.attempt) == (JobState.FAILED, "TooManyAttempts", ATTEMPTS)


def test_the_bell_is_rung_again_for_what_nobody_runs(db: None) -> None:
    waiting, running, fresh, over = queued(), queued(), queued(), queued()
    claim(running.pk)
    over.state, over.attempt, over.finished_at = JobState.DONE, 1, timezone.now()
    over.save()
    for made in (waiting, running, over):
        silent(made)
    assert ring_waiting() == 2
    assert bells() == 2
    # The one in the queue is rung once a minute; the dead runner's stays free to claim.
    assert ring_waiting() == 1
    assert claim(running.pk) is not None
    assert fresh.state == JobState.QUEUED


def test_cancel_before_it_runs(db: None) -> None:
    made = queued()
    request_cancel(made)
    made.refresh_from_db()
    assert (made.state, made.cancel_requested) == (JobState.CANCELLED, True)
    assert claim(made.pk) is None


def test_cancel_after_its_runner_died(db: None) -> None:
    made = queued()
    claim(made.pk)
    request_cancel(made)
    silent(made)
    assert claim(made.pk) is None
    made.refresh_from_db()
    assert made.state == JobState.CANCELLED


def test_cancel_after_the_end_changes_nothing(transactional_db: None) -> None:
    made = queued()
    run_job(made.pk)
    request_cancel(made)
    made.refresh_from_db()
    assert (made.state, made.cancel_requested) == (JobState.DONE, False)


def test_even_work_that_catches_everything_is_cancelled(transactional_db: None) -> None:
    made = queued("test.stubborn")
    thread = in_thread(made)
    wait_for(lambda: Job.objects.get().done > 0)
    request_cancel(made)
    thread.join(timeout=5)
    made.refresh_from_db()
    assert (made.state, thread.is_alive()) == (JobState.CANCELLED, False)
    assert 0 < made.done < 199


def test_the_heartbeat_outlives_a_broken_connection(transactional_db: None) -> None:
    made = queued("test.stubborn")
    thread = in_thread(made)
    wait_for(lambda: Job.objects.get().done > 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE %s",
            ['UPDATE "kvs_job" SET "heartbeat"%'],
        )
        assert cursor.fetchone() == (1,)
    before = Job.objects.get().done
    wait_for(lambda: Job.objects.get().done > before + 20)
    thread.join(timeout=20)
    assert Job.objects.get().state == JobState.DONE


def test_old_jobs_are_deleted_unfinished_ones_never(db: None) -> None:
    now = timezone.now()
    ended: dict[str, Any] = {"state": JobState.DONE, "attempt": 1}
    queued(requested_at=now - 2 * KEPT)
    queued(finished_at=now - KEPT - dt.timedelta(days=1), **ended)
    young = queued(finished_at=now - KEPT + dt.timedelta(days=1), **ended)
    assert delete_old_jobs() == 1
    assert set(Job.objects.exclude(state=JobState.QUEUED)) == {young}
    assert Job.objects.count() == 2


def test_others_do_not_see_a_job(db: None) -> None:
    anna = make_user()
    made = queued(requested_by=anna)
    assert list(Job.objects.visible_to(anna)) == [made]
    assert list(Job.objects.visible_to(make_user())) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "sleeping"},
        {"state": "queued", "attempt": 1},
        {"state": "queued", "error": "ValueError"},
        {"state": "running"},
        {"state": "running", "attempt": 1, "finished_at": "2026-01-01T00:00Z"},
        {"state": "done", "attempt": 1},
        {"state": "done", "attempt": 1, "finished_at": "2026-01-01T00:00Z", "error": "ValueError"},
        {"state": "failed", "attempt": 1, "finished_at": "2026-01-01T00:00Z"},
        {"state": "cancelled", "finished_at": "2026-01-01T00:00Z"},
        {"done": 2, "total": 1},
    ],
)
def test_the_database_knows_what_each_state_means(db: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="job_"):
        queued(**wrong)


def test_beat_rings_and_cleans_through_tasks_that_exist() -> None:
    app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
    assert dt.timedelta(seconds=60) == SILENCE


# --- with real worker processes


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts worker processes on the test database; ends those that still live."""
    celery = [sys.executable, "-m", "celery", "-A", "tests.kvs.worker_for_tests"]
    command = [*celery, "worker", "--concurrency=1", "--without-mingle", "--include=tests.kvs.jobs_for_tests"]
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command, env=on_test_database(), start_new_session=True, stdout=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=20)


def test_a_second_connection_sees_the_progress_of_a_real_worker(worker: Callable[[], Any]) -> None:
    worker()
    made = start_job("test.count", {"total": 15}, by=None)
    seen, committed = set(), set()
    while (now := Job.objects.get(pk=made.pk)).state in (JobState.QUEUED, JobState.RUNNING):
        seen.add((now.done, now.total, now.doing))
        if 0 < now.done <= 10:  # the count lags half a second, so the work is not at its end yet
            committed.add(Location.objects.exists())
        assert timezone.now() - made.requested_at < dt.timedelta(seconds=30)
        time.sleep(0.1)
    counts = sorted(done for done, total, doing in seen if (total, doing) == (15, "Counting"))
    assert len(set(counts)) >= 3
    assert committed == {False}  # its progress was seen while its transaction was open
    assert (now.state, now.done, now.result) == (JobState.DONE, 15, {"counted": 15})


def test_a_killed_worker_leaves_its_job_to_the_next(worker: Callable[[], Any]) -> None:
    first = worker()
    made = start_job("test.count", {"total": 15}, by=None)
    wait_for(lambda: Job.objects.get(pk=made.pk).done > 0)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert Job.objects.get(pk=made.pk).state == JobState.RUNNING
    assert Location.objects.count() == 0
    silent(made)  # a minute passes
    worker()  # rings at its start
    wait_for(lambda: Job.objects.get(pk=made.pk).state == JobState.DONE)
    assert Job.objects.get(pk=made.pk).attempt == 2
    assert Location.objects.filter(name="made by the job").count() == 1
