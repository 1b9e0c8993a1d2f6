"""Long work that a person waits for: `kvs.Job` is the truth, the broker only a bell (decisions.md 5).

A work function is registered under a kind and takes a Run:

    @job("students.import")
    def import_students(run: Run) -> dict[str, str]:
        for number, row in enumerate(rows, start=1):
            ...
            run.progress(number, len(rows), "Reading the rows")
        return {"file": str(file.pk)}

It may be run twice, for a machine can die at any line: it must find what it already did. A worker that dies leaves a
heartbeat that grows old; the bell is rung again and the next worker takes the job over, up to ATTEMPTS times. A work
function that raises has failed and is not tried again.

Progress is written by a thread on a database connection of its own: others see it while the work's transaction is
still open, and a step of minutes keeps its heartbeat. So a test of `run_job` needs `django_db(transaction=True)`; a
test of a work function only needs `Run(job)`.
"""

import datetime as dt
import logging
import re
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from celery.exceptions import OperationalError
from django.db import DatabaseError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from kvs.celery import app
from kvs.models import Job, JobState, User
from kvs.models.vault import JobQuerySet
from kvs.trace import acting

log = logging.getLogger(__name__)

BEAT = 0.5  # seconds between two signs of life
SILENCE = dt.timedelta(seconds=60)  # after this a runner counts as dead
ATTEMPTS = 5
KEPT = dt.timedelta(days=30)  # an ended job is of use to whoever asked for it, not to an archive
CODE = re.compile(r"[A-Za-z0-9_.:+-]{0,64}")  # ids, dates, codes; a name with a space or an accent is none

Work = Callable[["Run"], Mapping[str, Any] | None]
WORK: dict[str, Work] = {}


class JobStopped(BaseException):
    """Someone cancelled the job, or another runner has it. Not an Exception, so that no work function swallows it."""


class Run:
    """One run of a job, as its work function sees it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.arguments: dict[str, Any] = job.arguments
        self.told: tuple[int, int | None, str] = (job.done, job.total, job.doing)
        self.stopped = threading.Event()

    def progress(self, done: int, total: int | None = None, doing: str = "") -> None:
        """Say how far it is: steps done and in all, and a message id of what is going on (no values of people).

        Cheap: call it for every row. Raises JobStopped when the work must end here; the transaction then rolls back.
        Raises ValueError for more done than there is.
        """
        if self.stopped.is_set():
            raise JobStopped
        if total is not None and not 0 <= done <= total:
            raise ValueError(f"{done} of {total}")
        self.told = (done, total, doing[:80])  # one assignment: the thread never sees half of it

    def _row(self) -> JobQuerySet:
        """The stored job while this run has it: a later claim counts `attempt` up."""
        return Job.objects.filter(pk=self.job.pk, state=JobState.RUNNING, attempt=self.job.attempt)

    def beat(self) -> None:
        """Store progress and a sign of life; stop when the job was cancelled or taken over."""
        done, total, doing = self.told
        alive = self._row().filter(cancel_requested=False)
        if not alive.update(heartbeat=timezone.now(), done=done, total=total, doing=doing):
            self.stopped.set()

    def end(self, state: JobState, **outcome: Any) -> None:
        """Store the end; does nothing when another runner took over."""
        done, total, doing = self.told
        self._row().update(state=state, finished_at=timezone.now(), done=done, total=total, doing=doing, **outcome)


def job(kind: str) -> Callable[[Work], Work]:
    """Register a work function in an app's tasks.py or actions.py. Raises ValueError when the kind is taken."""

    def register(work: Work) -> Work:
        if kind in WORK:
            raise ValueError(f"Two work functions for '{kind}'.")
        WORK[kind] = work
        return work

    return register


def start_job(kind: str, arguments: Mapping[str, Any], *, by: User | None) -> Job:
    """Store a job and ring the bell once the transaction is through.

    Raises KeyError for an unknown kind and ValueError for an argument that is more than ids, numbers and codes: they
    stay in the row after the person they speak of is gone.
    """
    if kind not in WORK:
        raise KeyError(kind)
    made = Job.objects.create(kind=kind, arguments=_plain(arguments), requested_by=by)
    transaction.on_commit(lambda: ring(made.pk))
    return made


def _plain(value: Any) -> Any:
    """`value` as JSON holds it; raises ValueError for what may be more than an id, number, date or code."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {_plain(name): _plain(item) for name, item in value.items()}
    text = str(value) if isinstance(value, uuid.UUID | dt.date) else value
    if not isinstance(text, str) or not CODE.fullmatch(text):
        raise ValueError("A job keeps ids, numbers, dates and codes only.")
    return text


def ring(job_id: uuid.UUID) -> None:
    """Tell the workers. A broker that is away is no error: `ring_waiting` rings again."""
    once = {"max_retries": 1, "interval_start": 0}  # enough for a connection that broke; `retry=False` waited 6 s
    try:
        app.send_task("kvs.tasks.run_job", [str(job_id)], retry=True, retry_policy=once)
    except OperationalError:
        log.warning("The bell for job %s did not ring; it is rung again within two minutes.", job_id)


def ring_waiting() -> int:
    """Ring for every job without a sign of life for SILENCE; how many. Safe at any time."""
    now = timezone.now()
    waiting = list(Job.objects.unfinished().filter(heartbeat__lt=now - SILENCE).values_list("pk", flat=True))
    for job_id in waiting:
        # A job nobody took yet is rung once a minute, not at every beat. A dead runner's heartbeat must stay old.
        Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(heartbeat=now)
        ring(job_id)
    return len(waiting)


def request_cancel(wanted: Job) -> None:
    """Ask a job to stop. One that waits is cancelled at once, a running one at its next `progress`."""
    now = timezone.now()
    mine = Job.objects.filter(pk=wanted.pk)
    mine.unfinished().update(cancel_requested=True)
    mine.filter(state=JobState.QUEUED).update(state=JobState.CANCELLED, finished_at=now)


def run_job(job_id: uuid.UUID) -> None:
    """Run a job if nobody else does. What the work raises ends here: its class is stored, its text may name people."""
    claimed = claim(job_id)
    if claimed is None:
        return
    run = Run(claimed)
    try:
        with _heartbeat(run), acting(lambda: claimed.requested_by):
            result = _plain(WORK[claimed.kind](run) or {})
    except JobStopped:
        run.end(JobState.CANCELLED)
    except Exception as problem:
        place = traceback.extract_tb(problem.__traceback__)[-1]
        name = type(problem).__name__
        log.error("Job %s (%s) failed: %s in %s, line %s", job_id, claimed.kind, name, place.name, place.lineno)
        run.end(JobState.FAILED, error=name[:80])
    else:
        run.end(JobState.DONE, result=result)


def claim(job_id: uuid.UUID) -> Job | None:
    """Take the job when it waits or its runner is dead; the row lock lets one through. None: nothing to do."""
    now = timezone.now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat__lt=now - SILENCE)
    with transaction.atomic():
        found = Job.objects.select_for_update(skip_locked=True).filter(free, pk=job_id).first()
        if found is None:
            return None
        if found.cancel_requested:
            found.state, found.finished_at = JobState.CANCELLED, now
        elif found.attempt >= ATTEMPTS:
            found.state, found.finished_at, found.error = JobState.FAILED, now, "TooManyAttempts"
        else:
            found.state, found.heartbeat, found.attempt = JobState.RUNNING, now, found.attempt + 1
        found.save()
    return found if found.state == JobState.RUNNING else None


def delete_old_jobs() -> int:
    """Delete jobs that ended longer than KEPT ago; how many."""
    deleted, _ = Job.objects.filter(finished_at__lt=timezone.now() - KEPT).delete()
    return deleted


@contextmanager
def _heartbeat(run: Run) -> Iterator[None]:
    """While inside, write progress and signs of life, and hear a cancel."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(run, over), name=f"heartbeat {run.job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(run: Run, over: threading.Event) -> None:
    """The thread: Django gives it a database connection of its own, outside the transaction of the work."""
    while not over.wait(BEAT):
        try:
            run.beat()
        except DatabaseError as problem:  # away for a moment; if it stays away another runner takes the job
            log.warning("Job %s has no heartbeat: %s", run.job.pk, type(problem).__name__)
            connection.close()
    connection.close()
