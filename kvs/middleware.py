"""What happens around every request: language, no storing of personal pages, and the life of the web session."""

import datetime as dt
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from kvs import drafts, factors, statements
from kvs.models import Role, User, WebSession
from kvs.waiting import count_anew

Handler = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]


PROBES = ("/healthz", "/readyz")


def probes_are_nobody(get_response: Handler) -> Handler:
    """Whether the school is well is answered also to a browser whose session cannot be read, because the database is away."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            request.COOKIES.clear()
        return get_response(request)

    return middleware


def language(get_response: Handler) -> Handler:
    """Speak the language of the profile; before sign-in the one chosen at the door, otherwise Dutch."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.user.language if isinstance(request.user, User) else request.session.get("language")
        with translation.override(chosen or "nl"):
            return get_response(request)

    return middleware


def no_store(get_response: Handler) -> Handler:
    """No copy of a signed-in page stays in a browser or proxy (ASVS 14.3.2)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def web_session(get_response: Handler) -> Handler:
    """Lock after inactivity, end with the last membership, note that the person is there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        row: WebSession | None = request.session.row if request.user.is_authenticated else None  # type: ignore[attr-defined]
        if row is None or not isinstance(request.user, User):
            return get_response(request)
        if not request.user.active_memberships():
            logout(request)
            messages.warning(request, _("Your access has ended. Ask the school if you think this is wrong."))
            return _to_sign_in(request, None)
        now, user = timezone.now(), request.user
        if now - row.last_seen > dt.timedelta(minutes=row.idle_minutes):
            return _lock(request, user)
        if not by_itself(request):
            note_seen(row, now)
        response = get_response(request)
        if request.method == "POST":
            count_anew(user)
        return response

    middleware.process_view = admit_remembered_phone  # type: ignore[attr-defined]  # Django looks for it on the function
    return middleware


def admit_remembered_phone(request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
    """A remembered phone is its owner in the views marked `confirm_allowed`, and a visitor everywhere else. A class tablet
    is nobody and sees the views marked `tablet_allowed` only, not even the doors.
    """
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    if row is not None and row.level == WebSession.Level.KIOSK:
        return None if getattr(view, "tablet_allowed", False) else redirect("attendance:tablet")
    if row is None or row.level != WebSession.Level.CONFIRM or row.user is None or not getattr(view, "login_required", True):
        return None
    if not row.user.is_active or not row.user.active_memberships():
        request.session.flush()
    elif getattr(view, "confirm_allowed", False):
        note_seen(row, timezone.now())
        request.user = row.user
        translation.activate(row.user.language)
        return None
    return _to_sign_in(request, row.user)


def second_step(get_response: Handler) -> Handler:
    """Outside a demo staff without a proven second step get no further than the pages to choose or show one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    middleware.process_view = demand_second_step  # type: ignore[attr-defined]  # Django looks for them on the function
    middleware.process_exception = prove_again  # type: ignore[attr-defined]
    return middleware


def demand_second_step(request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
    """To the page about the second step, from everywhere that needs one."""
    if not isinstance(request.user, User) or not getattr(view, "login_required", True):
        return None
    match = request.resolver_match
    if not factors.missing(request, request.user) or (match is not None and match.view_name in factors.ENROL):
        return None
    return HttpResponseClientRedirect(reverse("mfa_index")) if request.htmx else redirect("mfa_index")  # type: ignore[attr-defined]


def prove_again(request: HttpRequest, problem: Exception) -> HttpResponse | None:
    """To the form that proves who is here, and back to the page. allauth would keep the raw form data (decisions.md 19)."""
    if not isinstance(problem, ReauthenticationRequired):
        return None
    methods = get_adapter().get_reauthentication_methods(request.user)
    return redirect(f"{methods[0]['url']}?{urlencode({'next': request.path})}" if methods else "account_login")


def stated(get_response: Handler) -> Handler:
    """Staff who have not stated confidentiality and instruction get no further than the page to do so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    middleware.process_view = demand_statements  # type: ignore[attr-defined]  # Django looks for it on the function
    return middleware


def demand_statements(request: HttpRequest, view: View, args: object, kwargs: object) -> HttpResponse | None:
    """To the page of statements and back, from everywhere that is not open without them. What was typed is kept."""
    user, match = request.user, request.resolver_match
    if not isinstance(user, User) or not getattr(view, "login_required", True):
        return None
    if not statements.missing(user) or (match is not None and match.view_name in statements.OPEN):
        return None
    came_from = _came_from(request)
    if request.method == "POST" and came_from == request.path and drafts.keep(request, user):
        messages.warning(request, _("What you typed is kept: you come back to it when you have stated."))
    answer = redirect_to_login(came_from, login_url=reverse("statements"))
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer  # type: ignore[attr-defined]


def by_itself(request: HttpRequest) -> bool:
    """Whether the page asked, not a person: a screen that keeps itself up to date must lock like any other. Who says so
    without need only locks the own screen sooner.
    """
    return request.headers.get("X-Requested-With") == "poll" or "vanzelf" in request.GET


def note_seen(row: WebSession, now: dt.datetime) -> None:
    """That the person is there: at most one write a minute, and none into a session that was ended meanwhile."""
    if now - row.last_seen >= dt.timedelta(minutes=1):  # at most one write a minute (decisions.md 19)
        row.last_seen = now
        WebSession.objects.filter(pk=row.pk).update(last_seen=now)  # it may have been ended by another tab meanwhile


def _lock(request: HttpRequest, user: User) -> HttpResponse:
    came_from = _came_from(request)
    kept = request.method == "POST" and came_from == request.path and drafts.keep(request, user)
    request.session.lock()  # type: ignore[attr-defined]
    request.user = AnonymousUser()
    if kept:
        messages.warning(request, _("You were away for a while. What you typed is kept: sign in again to go on."))
    else:
        messages.warning(request, _("You were away for a while. Sign in again to go on."))
    return _to_sign_in(request, user, came_from)


def _came_from(request: HttpRequest) -> str:
    """The page to come back to: for a POST the page the form stood on, since many addresses answer no GET.

    Browsers say which (our Referrer-Policy is same-origin); of one that does not, the form posted to its own page.
    """
    if request.method != "POST":
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", request.build_absolute_uri()))
    return page.path if page.netloc == request.get_host() else "/"


def _to_sign_in(request: HttpRequest, user: User | None, back: str = "") -> HttpResponse:
    """To the door `user` came in by: students have their own."""
    door = "student_login" if user is not None and user.is_only(Role.STUDENT) else "account_login"
    answer = redirect_to_login(back or request.get_full_path(), login_url=reverse(door))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(answer.url)
    return answer
