"""After a restore no work is done until the erasures of the ledger are carried out again (kvs/ledger.py).

Web processes answer every page with one sentence, workers leave their jobs waiting. A look at the file's date is all it
costs while nothing is wrong; the database is asked when the file has changed.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from kvs import ledger
from kvs.ledger import LedgerProblem

log = logging.getLogger(__name__)

OPEN_PATHS = {"/healthz", "/readyz"}
RETRY_AFTER = 300  # seconds
_seen: dict[str, Any] = {"good": None}  # what the file looked like when all was well; None: it was not there

Handler = Callable[[HttpRequest], HttpResponse]


def problem() -> str:
    """Why no work may be done, in one sentence; empty when it may."""
    now = _look()
    if now == _seen["good"]:
        return ""
    try:
        if ledger.behind():
            return ledger.BEHIND
    except LedgerProblem as found:
        return str(found)
    _seen["good"] = now
    return ""


def _look() -> tuple[int, int, int] | None:
    try:
        now = settings.LEDGER_FILE.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return 0, 0, 0  # reading it will say why
    return now.st_mtime_ns, now.st_ino, now.st_size


def guard_start() -> None:
    """Called when a web or worker process starts: make the file of a new school, write what is missing in it, look once.

    Closes the connection it used: children of this process must not share it.
    """
    try:
        ledger.begin_file()
        ledger.write_out()
    except (LedgerProblem, OSError) as trouble:
        log.error("%s", trouble)
    finally:
        _seen["good"] = "not looked at"
        if why := problem():
            log.error("No work is done. %s", why)
        connection.close()


def closed_until_replayed(get_response: Handler) -> Handler:
    """Middleware: the page that says so, instead of every other."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in OPEN_PATHS or not problem():
            return get_response(request)
        answer = HttpResponse(render_to_string("503.html"), status=503)
        answer["Retry-After"] = str(RETRY_AFTER)
        answer["Cache-Control"] = "no-store"
        return answer

    return middleware
