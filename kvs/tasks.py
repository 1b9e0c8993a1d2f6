"""Celery's way in: ids only, safe to run twice."""

import uuid

from celery import shared_task

from kvs import cards, drafts, factors, files, jobs, links

__all__ = ["factors"]
from kvs.sessions import SessionStore


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
