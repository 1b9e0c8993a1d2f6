"""The e-mail of the tests: run the jobs that mail, and read what went out."""

import re

from django.core import mail

from kvs.jobs import WORK, Run
from kvs.models import Job


def deliver() -> list[str]:
    """Run the mail jobs that wait; the bodies of what went out since."""
    before = len(mail.outbox)
    for job in Job.objects.filter(state="queued", kind__startswith="kvs."):
        WORK[job.kind](Run(job))
        job.delete()
    return [str(message.body) for message in mail.outbox[before:]]


def secret_in(body: str) -> str:
    """The code of the link in an e-mail."""
    found = re.search(r"/aanmelden/link/#(\S+)", body)
    assert found
    return found[1]
