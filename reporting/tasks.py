"""Reports as long work: ids in, one action, safe to run twice."""

from celery import shared_task

from kvs.jobs import Run, job
from reporting import actions
from reporting.models import ReportRun


@job("reporting.make")
def make_report(run: Run) -> None:
    """Make the files of the run that the job names. Raises ReportRun.DoesNotExist when it was removed meanwhile."""
    actions.make_report(ReportRun.objects.select_related("client", "requested_by").get(pk=run.arguments["run"]), run.progress)


@shared_task  # type: ignore[untyped-decorator]
def delete_old_runs() -> None:
    """Delete runs whose files have gone."""
    actions.delete_old_runs()
