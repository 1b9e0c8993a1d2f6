"""Pages of the ground floor: start, health, sign-in extras."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods
from redis.exceptions import RedisError

from kvs import backup, ledger_guard
from kvs.access import START_PAGES, KvsRequest, role_required
from kvs.checks import undeclared_tables
from kvs.drafts import form_data
from kvs.environment import EnvironmentProblem
from kvs.forms import SchoolForm
from kvs.models import Organisation, Role
from kvs.pages import form_page
from kvs.school import change_school
from kvs.sentinel import check_key_files, check_sentinel


@require_GET
def home(request: KvsRequest) -> HttpResponse:
    """Where a person lands after signing in: the start page of the role; for the system administrator how the system is."""
    start = next((page for role, page in START_PAGES.items() if request.user.has_role(role)), None)
    if start:
        return redirect(start)
    if not request.user.has_role(Role.SYSTEM_ADMINISTRATOR):
        raise PermissionDenied
    parts = [(PARTS[part], good) for part, good in readiness().items()]
    return render(request, "kvs/home.html", {"parts": [*parts, backup_state()]})


def backup_state() -> tuple[str, bool]:
    """What the page of the system says of the backups, and whether that is good."""
    try:
        made = backup.archives()
        if backup.public_key() is None:
            return gettext("Backup: none is made, for there is no key yet (bin/backup keys)"), False
    except backup.BackupProblem:
        return gettext("Backup: the folder or the key cannot be read"), False
    if not made:
        return gettext("Backup: there is none yet"), False
    newest = made[-1].made_at
    when = {"when": date_format(timezone.localtime(newest), "DATETIME_FORMAT")}
    if timezone.now() - newest > backup.TOO_OLD:
        return gettext("Backup: the newest is of %(when)s, more than 26 hours ago") % when, False
    return gettext("Backup: the newest is of %(when)s") % when, True


@require_http_methods(["GET", "POST"])
@role_required(Role.ADMINISTRATION, Role.MANAGEMENT)
def school(request: KvsRequest) -> HttpResponse:
    """The school's own facts, among them what DUO and Blik op Werk know it by."""
    form = SchoolForm(form_data(request), instance=get_object_or_404(Organisation))

    def act() -> Organisation:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return change_school(version=form.cleaned_data["version"] or 0, by=request.user, changes=changes)

    def done(row: Organisation) -> str:
        messages.success(request, gettext("The facts of the school are saved."))
        return reverse("school")

    context = {"title": gettext("School"), "verb": gettext("Save")}
    may_write = request.user.has_role(Role.ADMINISTRATION)
    return form_page(request, form, act=act, done=done, template="kvs/school.html", may_write_statements=may_write, **context)


PARTS = {
    "database": _("Database"),
    "broker": _("Queue of long work"),
    "migrations": _("Tables are up to date"),
    "keys": _("Keys belong to this database"),
    "catalogue": _("Every table is in the data catalogue"),
    "ledger": _("Erased people stayed erased"),
}


@require_GET
@login_not_required
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_GET
@login_not_required
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The parts this school needs are there. 503 names the part that is not."""
    state = readiness()
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def readiness() -> dict[str, bool]:
    """Which parts are there: database, broker, migrations, keys, no table outside the catalogue, and no
    erasure that a restore undid.
    """
    state = dict.fromkeys(PARTS, False) | {"database": _database(), "broker": _broker()}
    if state["database"]:
        state["migrations"] = not MigrationExecutor(connection).migration_plan(
            MigrationExecutor(connection).loader.graph.leaf_nodes()
        )
        state["keys"] = state["migrations"] and _keys()
        state["catalogue"] = state["migrations"] and not undeclared_tables(connection)
        state["ledger"] = state["migrations"] and not ledger_guard.problem()
    return state


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True


def _keys() -> bool:
    try:
        check_sentinel()
        check_key_files()
    except EnvironmentProblem:
        return False
    return True
