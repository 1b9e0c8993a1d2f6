"""Work functions for tests/kvs/test_jobs.py, loaded by its worker processes too (`celery --include`)."""

import time

from django.db import transaction

from kvs.jobs import Run, job
from kvs.models import Location


@job("test.count")
def count(run: Run) -> dict[str, int]:
    """Takes a while, inside one transaction: others may see its progress, not its rows."""
    total = run.arguments["total"]
    with transaction.atomic():
        Location.objects.get_or_create(name="made by the job")
        for number in range(1, total + 1):
            time.sleep(0.2)
            run.progress(number, total, "Counting")
    return {"counted": total}


@job("test.fail")
def fail(run: Run) -> None:
    """Dies with a text that names a person."""
    with transaction.atomic():
        Location.objects.create(name="half done")
        raise ValueError("Fatima Yilmaz has no 999990019")


@job("test.careless")
def careless(run: Run) -> dict[str, str]:
    """Returns more than ids."""
    return {"name": "Fatima Yilmaz"}


@job("test.stubborn")
def stubborn(run: Run) -> None:
    """Catches every Exception, as a work function that goes on after a bad row does."""
    for number in range(200):
        try:
            run.progress(number, 200)
            time.sleep(0.05)
        except Exception:
            continue
