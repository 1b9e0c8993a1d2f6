"""The Celery application with a queue of its own: test processes that run side by side share one broker."""

import os

from kvs.celery import app

app.conf.task_default_queue = os.environ["TEST_QUEUE"]
