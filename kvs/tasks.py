"""Celery's way in: ids only, safe to run twice."""

import logging
import uuid

from celery import shared_task

from kvs import backup, cards, drafts, factors, files, jobs, ledger, links

__all__ = ["factors"]
from kvs.sessions import SessionStore

log = logging.getLogger(__name__)


@shared_task  # type: ignore[untyped-decorator]
def run_job(job_id: str) -> None:
    """Run one job; does nothing when another worker has it or it is over."""
    jobs.run_job(uuid.UUID(job_id))


@shared_task  # type: ignore[untyped-decorator]
def ring_waiting_jobs() -> None:
    """Ring again for jobs that nobody is running."""
    jobs.ring_waiting()


@shared_task  # type: ignore[untyped-decorator]
def delete_expired() -> None:
    """Delete files, jobs, web sessions, drafts, one-time codes and links whose time is over."""
    files.expire_files()
    jobs.delete_old_jobs()
    SessionStore.clear_expired()
    drafts.delete_expired()
    cards.delete_expired_codes()
    links.delete_expired_links()
    ledger.delete_old_marks()
    ledger.write_out()


@shared_task  # type: ignore[untyped-decorator]
def nightly_backup() -> None:
    """Make the backup of the night when its hour has passed, and delete old ones. Why there is none goes to the log."""
    try:
        backup.delete_old()
        if backup.public_key() and backup.due():  # without a key the page of the system says so
            backup.make_backup()
    except backup.BackupProblem as problem:
        log.error("%s", problem)
