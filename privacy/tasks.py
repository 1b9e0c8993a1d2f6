"""Privacy as long work and by the timetable: ids in, one action, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from kvs.jobs import Run, job, start_job
from kvs.models import Job
from privacy.actions import announcements, certificate, complaints, erasure, exports, incidents, notices, retention
from privacy.models import Announcement, Erasure, PersonExport


@job("privacy.erase")
def erase(run: Run) -> None:
    """Erase as approved, and make the letter that says so. Raises Erasure.DoesNotExist."""
    run.progress(0, 3, erasure.SEARCHING)
    done = erasure.run_erasure(erasure=Erasure.objects.get(pk=run.arguments["erasure"]), progress=run.progress)
    if done.state == Erasure.State.DONE:
        certificate.keep_certificate(done)
    run.progress(3, 3, erasure.ERASING)


@job("privacy.export")
def export(run: Run) -> None:
    """Make the copy that the job names. Raises PersonExport.DoesNotExist when it was removed meanwhile."""
    exports.make_export(export=PersonExport.objects.get(pk=run.arguments["export"]), progress=run.progress)


@shared_task  # type: ignore[untyped-decorator]
def delete_old_exports() -> None:
    """Delete the rows of copies of long ago."""
    exports.delete_old_exports()


@job("privacy.retention")
def run_retention(run: Run) -> dict[str, int]:
    """All that is due today: telling, emptying BSNs, erasing whose time is over, forgetting old lines; how many of what."""
    return retention.run_retention(today=timezone.localdate(), progress=run.progress)


@shared_task  # type: ignore[untyped-decorator]
def start_retention() -> None:
    """Start the run of today, unless one is at it."""
    if not Job.objects.unfinished().filter(kind="privacy.retention").exists():
        start_job("privacy.retention", {}, by=None)


@job("privacy.announce")
def announce(run: Run) -> None:
    """Mail the notices of an announcement; each person once."""
    row = Announcement.objects.get(pk=run.arguments["announcement"])
    announcements.mail_notices(announcement=row, progress=run.progress)


@job("privacy.tell_contacts")
def tell_contacts(run: Run) -> None:
    """Mail the privacy contacts that a request came in, or that its term ends. Raises OSError."""
    notices.tell_contacts(run.arguments["request"], run.arguments["what"])


@shared_task  # type: ignore[untyped-decorator]
def remind() -> None:
    """Remind of requests and complaints whose term ends."""
    notices.remind()
    complaints.remind_of_complaints()


@job("privacy.tell_complaint")
def tell_complaint(run: Run) -> None:
    """Mail who may handle it that a complaint came in, was given to them, or that its term ends. Raises OSError."""
    complaints.tell_readers(run.arguments["complaint"], run.arguments["what"])


@job("privacy.tell_incident")
def tell_incident(run: Run) -> None:
    """Mail the privacy officers that a data breach was reported. Raises OSError."""
    incidents.tell_officers(run.arguments["incident"])
