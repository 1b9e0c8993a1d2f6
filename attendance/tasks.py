"""Attendance as long work and by the timetable: ids in, one action, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from attendance.actions import absence, follow_up, lapses, nightly, reminders
from kvs.jobs import Run, job, start_job
from kvs.models import Job


@job("attendance.remind")
def remind(run: Run) -> None:
    """Mail one person that registers wait for a signature. Raises OSError."""
    reminders.mail_reminder(run.arguments["reminder"])


@job(absence.TELL)
def tell_answer(run: Run) -> None:
    """Tell a student that the school answered. Raises OSError when the mail server does not take it."""
    absence.tell_answer(run.arguments["report"])


@job("attendance.signals")
def find_signals(run: Run) -> dict[str, int]:
    """Store what the rules of absence find in signed registers; how many signals are new."""
    found = follow_up.find_signals(today=timezone.localdate(), by=run.job.requested_by, progress=run.progress)
    return {"signals": found}


@shared_task  # type: ignore[untyped-decorator]
def start_signals() -> None:
    """Start looking for signals, unless somebody is at it."""
    if not Job.objects.unfinished().filter(kind="attendance.signals").exists():
        start_job("attendance.signals", {}, by=None)


@job("attendance.tell_letter")
def tell_letter(run: Run) -> None:
    """Mail a student that there is a letter. Raises OSError."""
    follow_up.tell_letter(run.arguments["letter"])


@shared_task  # type: ignore[untyped-decorator]
def remind_of_registers() -> None:
    """Remind whoever must be reminded today and was not yet."""
    reminders.remind_of_registers()


@shared_task  # type: ignore[untyped-decorator]
def night_digest() -> None:
    """Make the digests of the days that are over, and mail what was not mailed yet."""
    nightly.make_digests()
    nightly.mail_digests()


@job("attendance.tell_lapse")
def tell_lapse(run: Run) -> None:
    """Mail one person that a lesson does not go on. Raises OSError."""
    lapses.mail_lapse(**run.arguments)


@job("attendance.tell_resumption")
def tell_resumption(run: Run) -> None:
    """Mail one person that a lesson goes on after all. Raises OSError."""
    lapses.mail_resumption(**run.arguments)
