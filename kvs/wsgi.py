"""The web process's entry point. Refuses to start with gaps in the catalogue or other keys (decisions.md 8, 43)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvs.settings")
application = get_wsgi_application()

from kvs.checks import refuse_unless_complete  # noqa: E402  (needs the models, which are loaded only now)
from kvs.ledger_guard import guard_start as guard_ledger  # noqa: E402
from kvs.sentinel import guard_start  # noqa: E402

refuse_unless_complete()
guard_start()
guard_ledger()
