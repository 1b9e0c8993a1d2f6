"""How long the night takes when the files of 1,000 students go at once (issue 3: under five minutes, with progress)."""

import datetime as dt
import time

from django.utils import timezone

from kvs import embedded, environment
from privacy.actions.retention import purge_people
from privacy.models import Erasure, RetentionNotice
from students.models import Programme, Student
from tests.benchmarks import school

AIM = 300  # seconds


def main(number: int | None = None) -> int:
    """Build, erase, print. Exit code 1 when it takes longer than the aim. `number`: of how many students the file goes."""
    embedded.prepare(environment.var_folder(), always=True)
    school.build(school.SMALL)
    today = timezone.localdate()
    going = list(Student.objects.order_by("number")[:number].values_list("pk", flat=True))
    ended = today - dt.timedelta(days=3 * 366 + 10)
    Programme.objects.filter(student__in=going).update(ends_on=ended)
    RetentionNotice.objects.bulk_create(
        RetentionNotice(student_id=key, due_on=today - dt.timedelta(days=1), told_on=today - dt.timedelta(days=31))
        for key in going
    )
    seen: list[int] = []

    def progress(done: int, total: int | None, doing: str) -> None:
        seen.append(done)
        if done % 100 == 0:
            print(f"  {done:5} of {total}: {time.perf_counter() - began:6.1f} s", flush=True)

    began, used = time.perf_counter(), time.process_time()
    counts = purge_people(today=today, progress=progress)
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"retention of {counts['erased']} students: {took:.0f} s, of which {cpu:.0f} s in Python; aim {AIM} s")
    assert counts == {"erased": len(going), "waiting": 0}, counts
    assert seen == list(range(len(going))), "progress is told for every file"
    assert Erasure.objects.filter(state="done").count() == len(going)
    return 1 if took > AIM else 0
