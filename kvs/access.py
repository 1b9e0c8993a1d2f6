"""Who may open what. Lists and details start at `visible_to(user)`; roles are asked here; guardian's tables enter here."""

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The base of tables for exceptions ("this substitute, this group, until Friday"): direct foreign keys, our own dates.
from guardian.models import UserObjectPermissionBase  # noqa: TID251  # this file owns guardian

from kvs import factors, statements
from kvs.models import Organisation, Role, User
from kvs.waiting import figures

__all__ = [
    "OFFICE",
    "STAFF",
    "START_PAGES",
    "KvsRequest",
    "UserObjectPermissionBase",
    "confirm_allowed",
    "context",
    "navigation_for",
    "office_role",
    "permission",
    "role_required",
    "tablet_allowed",
]

View = Callable[..., HttpResponse]


class KvsRequest(HttpRequest):
    """A request of a signed-in person; type of `request` in every view behind the door."""

    user: User
    account: User  # the same person in all roles; set by role_required


class Destination(NamedTuple):
    """An entry of the main navigation."""

    label: str | Promise
    url_name: str
    icon: str
    roles: frozenset[Role]
    waiting: str = ""  # dotted name of a function of the user: how many things wait there
    also: tuple[str, ...] = ()  # beginnings of other addresses that belong to it


class Link(NamedTuple):
    """A Destination for one request."""

    label: str | Promise
    url: str
    icon: str
    current: bool
    waiting: int = 0


STAFF = frozenset(set(Role) - {Role.STUDENT})
_OFFICE_ORDER = (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.MANAGEMENT, Role.FINANCE)
OFFICE = frozenset(_OFFICE_ORDER)
NAVIGATION = (
    Destination(_("Today"), "attendance:today", "calendar-check", frozenset({Role.TEACHER}), also=("/lessen/",)),
    Destination(_("Dashboard"), "attendance:dashboard", "layout-dashboard", frozenset({Role.COORDINATOR})),
    Destination(_("System"), "home", "server", frozenset({Role.SYSTEM_ADMINISTRATOR})),
    Destination(_("Start"), "attendance:portal", "house", frozenset({Role.STUDENT})),
    Destination(_("My hours"), "attendance:own_hours", "hourglass", frozenset({Role.STUDENT})),
    Destination(_("My data"), "students:own_data", "id-card", frozenset({Role.STUDENT})),
    Destination(
        _("Students"),
        "students:list",
        "users",
        STAFF - {Role.SYSTEM_ADMINISTRATOR},
        also=("/trajecten/", "/contracten/", "/plaatsingen/"),
    ),
    Destination(
        _("Groups"),
        "students:groups",
        "school",
        STAFF - {Role.SYSTEM_ADMINISTRATOR},
        also=("/rooster/", "/roosteruren/", "/sluitingen/", "/lessen/nu/", "/lesuren/", "/docenten/"),
    ),
    Destination(
        _("Follow-up"),
        "attendance:missing",
        "list-checks",
        frozenset({Role.ADMINISTRATION, Role.COORDINATOR}),
        waiting="attendance.waiting.number_waiting",
        also=("/opvolging/", "/afwezig/", "/lessen/zonder-bewijs/"),
    ),
    Destination(_("Clients"), "students:clients", "landmark", OFFICE, also=("/klantmanagers/",)),
    Destination(
        _("Reports"), "reporting:list", "file-text", frozenset({Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER})
    ),
    Destination(_("Invoices"), "privacy:invoices", "receipt-euro", frozenset({Role.FINANCE})),
    Destination(_("Privacy"), "privacy:overview", "shield-check", frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT})),
    Destination(
        _("Accounts"),
        "accounts",
        "user-cog",
        frozenset({Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT}),
        also=("/rollen/", "/vestigingen/", "/aanmeldtijden/"),
    ),
    Destination(
        _("Corrections"),
        "students:corrections",
        "file-pen",
        frozenset({Role.ADMINISTRATION}),
        waiting="students.models.corrections.waiting_for",
    ),
    Destination(_("School"), "school", "building-2", frozenset({Role.ADMINISTRATION, Role.MANAGEMENT})),
)
START_PAGES = {  # where a role begins; the system administrator at home
    Role.TEACHER: "attendance:today",
    **dict.fromkeys(_OFFICE_ORDER, "students:list"),
    Role.COORDINATOR: "attendance:dashboard",
    Role.AUDITOR: "students:groups",
    Role.STUDENT: "attendance:portal",
}

# In the access log the role with the widest view that is held counts: it is the one that opened the page.
_LOOKING_ORDER = (*_OFFICE_ORDER, Role.TEACHER, Role.AUDITOR)


def office_role(user: User) -> Role:
    """The role in which `user` looks at somebody's data; a student looks as a student."""
    return next((role for role in _LOOKING_ORDER if user.has_role(role)), Role.STUDENT)


def permission(app_label: str, codename: str) -> Permission:
    """The permission row a guardian table must point to. Raises Permission.DoesNotExist."""
    return Permission.objects.get(content_type__app_label=app_label, codename=codename)


def role_required(*roles: Role) -> Callable[[View], View]:
    """Let only holders of one of `roles` in; anyone else gets 403 with the roles named on the page.

    Inside, `request.user` acts in these roles only (User.only_as): finance at South does not lend its reach to the
    coordinator of North. The frame of the page still belongs to the whole account.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: KvsRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_role(*roles):
                raise PermissionDenied(", ".join(str(role.label) for role in roles))
            request.account = getattr(request, "account", request.user)
            request.user = request.user.only_as(*roles)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def confirm_allowed(view: View) -> View:
    """Open a view also to a remembered phone (WebSession level CONFIRM): confirming presence and today's lesson, nothing
    else. To stand outermost. tests/kvs/test_remembered_phone.py counts the marked views.
    """
    view.confirm_allowed = True  # type: ignore[attr-defined]
    view.login_url = "student_login"  # type: ignore[attr-defined]  # whoever comes in here is a student
    return view


def tablet_allowed(view: View) -> View:
    """Open a view also to a class tablet (WebSession level KIOSK), to which everything else is closed. To stand outermost.
    tests/attendance/test_tablet.py counts the marked views.
    """
    view.tablet_allowed = True  # type: ignore[attr-defined]
    return view


def navigation_for(user: User, path: str) -> list[Link]:
    """The entries `user` may open; the deepest one that holds `path` is current."""
    links = [(reverse(entry.url_name), entry) for entry in NAVIGATION if user.has_role(*entry.roles)]
    holding = [
        (len(start), url)
        for url, entry in links
        for start in (url, *entry.also)
        if path == start or (start != "/" and path.startswith(start))
    ]
    current = max(holding, default=(0, ""))[1]
    waiting = figures(user, {entry.waiting for _url, entry in links if entry.waiting})
    return [Link(entry.label, url, entry.icon, url == current, waiting.get(entry.waiting, 0)) for url, entry in links]


def context(request: HttpRequest) -> dict[str, object]:
    """What every page knows: the school, the demo strip, and for who is signed in the navigation and the roles."""
    school = Organisation.objects.values("name", "announced_at").first() or {"name": None, "announced_at": None}
    known: dict[str, object] = {"school_name": school["name"]}
    user = getattr(request, "account", None) or getattr(request, "user", None)
    if isinstance(user, User) and not factors.missing(request, user) and not statements.missing(user):
        known["navigation"] = navigation_for(user, request.path)
        known["announced_at"] = school["announced_at"]
        known["only_student"] = user.is_only(Role.STUDENT)
        if user.has_role(*STAFF):
            known["statements_url"] = reverse("statements")
        if user.has_role(*STAFF - {Role.SYSTEM_ADMINISTRATOR}):
            known["search_url"] = reverse("students:search")
        known["role_labels"] = [membership.get_role_display() for membership in user.active_memberships()]
    return known
