"""The Celery application: long work in processes of its own. Configured by the CELERY_… lines of kvs/settings.py."""

import logging
import os
from typing import Any

from celery import Celery, Task, bootsteps

log = logging.getLogger(__name__)


class GuardedTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task that does nothing while the ledger of erasures is not replayed; jobs are rung again until it is."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run, or say that it was left."""
        from kvs.ledger_guard import problem  # noqa: PLC0415  # needs the models

        if found := problem():
            log.error("%s is left. %s", self.name, found)
            return None
        return super().__call__(*arguments, **named)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvs.settings")
app = Celery("kvs", task_cls=GuardedTask)
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
        from kvs.ledger_guard import guard_start as guard_ledger  # noqa: PLC0415
        from kvs.sentinel import guard_start  # noqa: PLC0415

        super().__init__(parent, **options)
        refuse_unless_complete()
        guard_start()
        guard_ledger()
        ring_waiting()  # jobs a killed worker left (decisions.md 5)


app.steps["worker"].add(RefuseUnlessComplete)
