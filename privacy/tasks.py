"""Privacy as long work: ids in, one action, safe to run twice."""

from kvs.jobs import Run, job
from privacy.actions import certificate, erasure
from privacy.models import Erasure


@job("privacy.erase")
def erase(run: Run) -> None:
    """Erase as approved, and make the letter that says so. Raises Erasure.DoesNotExist."""
    run.progress(0, 3, erasure.SEARCHING)
    done = erasure.run_erasure(erasure=Erasure.objects.get(pk=run.arguments["erasure"]), progress=run.progress)
    if done.state == Erasure.State.DONE:
        certificate.keep_certificate(done)
    run.progress(3, 3, erasure.ERASING)
