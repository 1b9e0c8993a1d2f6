"""The Celery application: long work in processes of its own. Configured by the CELERY_… lines of kvs/settings.py."""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvs.settings")
app = Celery("kvs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class RefuseUnlessComplete(bootsteps.Step):  # type: ignore[misc]  # Celery has no types
    """A worker, like the web, does not start while a privacy check fails or with another key (decisions.md 8, 43).

    A step of the worker, because what its signals raise is only logged.
    """

    def __init__(self, parent: Any, **options: Any) -> None:
        # Inside, because all of them need the models, which are loaded by now.
        from kvs.checks import refuse_unless_complete  # noqa: PLC0415
        from kvs.jobs import ring_waiting  # noqa: PLC0415
        from kvs.sentinel import guard_start  # noqa: PLC0415

        super().__init__(parent, **options)
        refuse_unless_complete()
        guard_start()
        ring_waiting()  # jobs a killed worker left (decisions.md 5)


app.steps["worker"].add(RefuseUnlessComplete)
