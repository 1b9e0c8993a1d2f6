"""The session engine: rows of kvs.WebSession, keyed by the hash of the cookie, contents sealed (decisions.md 19)."""

import datetime as dt
import hashlib
import json
import secrets
import uuid
from typing import Any, NamedTuple

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import DatabaseError, IntegrityError, transaction
from django.middleware.csrf import CSRF_SESSION_KEY
from django.utils import timezone

from kvs.fields import blind_index, seal, unseal
from kvs.models import Membership, RoleSetting, User, WebSession

IDLE_MINUTES = 30
ABSOLUTE_MINUTES = 600
ANONYMOUS_MINUTES = 60  # the sign-in form
CONTEXT = "kvs.web_session.data"
BROWSER = "browser"  # a random word, kept from one person in this browser to the next


def hash_key(session_key: str) -> str:
    """SHA-256 of a cookie value. The value has 32 random characters, so a keyed hash would add nothing."""
    return hashlib.sha256(session_key.encode()).hexdigest()


def limits_for(user: User) -> tuple[int, int]:
    """Idle and absolute minutes for `user`: the strictest of the roles held today."""
    roles = {membership.role for membership in user.active_memberships()}
    found = list(RoleSetting.objects.filter(role__in=roles))
    idle = [setting.idle_minutes for setting in found] or [IDLE_MINUTES]
    absolute = [setting.absolute_minutes for setting in found] or [ABSOLUTE_MINUTES]
    if len(found) < len(roles):  # a role without a row has the defaults
        idle, absolute = [*idle, IDLE_MINUTES], [*absolute, ABSOLUTE_MINUTES]
    return min(idle), min(absolute)


class Known(NamedTuple):
    """A device that is known: whose it is, until when it may confirm presence, until when it needs no second step."""

    user: User
    remembered_until: dt.datetime | None
    trusted_until: dt.datetime | None


class SessionStore(SessionBase):
    """What django.contrib.sessions asks of an engine."""

    row: WebSession | None = None
    unknown = False  # the cookie names no live session

    def load(self) -> dict[str, Any]:
        """The contents of a live session, or nothing."""
        self.row = WebSession.objects.live().filter(pk=hash_key(self.session_key or "")).first()
        if self.row is None:
            self.unknown, self._session_key = True, None
            return {}
        if self.row.expires_at <= timezone.now():  # signed-in time is over, the device is still known
            self._fall_back(self.row)
            self.row.data = seal(json.dumps({}), CONTEXT)
            fallen = WebSession.objects.filter(pk=self.row.pk).update(
                level=self.row.level, expires_at=self.row.expires_at, data=self.row.data
            )
            if not fallen:  # ended elsewhere meanwhile: it stays ended
                self.row, self.unknown, self._session_key = None, True, None
                return {}
        contents: dict[str, Any] = json.loads(unseal(self.row.data, CONTEXT))
        return contents

    def is_empty(self) -> bool:
        """What Django takes as a reason to delete the cookie. One that names no live session is left where it is.

        The browser may have a newer one by now: another tab signed in (a new key) while this request was on its way,
        and deleting "the" cookie would end that session.
        """
        return super().is_empty() and (self.modified or not self.unknown)

    def exists(self, session_key: str) -> bool:
        """Whether a session with this cookie value is stored."""
        return WebSession.objects.filter(pk=hash_key(session_key)).exists()

    def create(self) -> None:
        """Start a new session under a fresh key; the current contents go along."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # Django's own, not in the stubs
            self.row = None
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write the session; raises UpdateError when it was ended meanwhile, so that signing out stays final."""
        if self.session_key is None:
            return self.create()
        contents = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        row = self._described(contents)
        row.data = seal(json.dumps(contents), CONTEXT)
        try:
            with transaction.atomic():
                row.save(force_insert=must_create, force_update=not must_create)
        except IntegrityError as problem:
            raise CreateError from problem
        except DatabaseError as problem:  # what Django says when a forced update meets no row
            raise UpdateError from problem
        self.row = row

    def delete(self, session_key: str | None = None) -> None:
        """End a session; without a key this one."""
        key = session_key or self.session_key
        if key:
            WebSession.objects.filter(pk=hash_key(key)).delete()
        if key == self.session_key:
            self.row = None

    def lock(self) -> None:
        """Forget everything but whose browser this is. The form token stays: a form that was open may still come in."""
        self._session_cache = {key: self[key] for key in (CSRF_SESSION_KEY, BROWSER) if key in self}
        if self.row is not None and self.row.remembered_until:
            self._fall_back(self.row)
        elif self.row is not None:
            self.row.level = WebSession.Level.LOCKED
        self.save()

    def flush(self) -> None:
        """As Django's: everything goes. What stays is the word of a browser in which a presence was confirmed, for an hour."""
        browser = self.get(BROWSER)
        super().flush()
        if browser:
            self[BROWSER] = browser

    def become_tablet(self, teacher: User, lesson: uuid.UUID, until: dt.datetime) -> None:
        """Let this browser, under a new key, be a class tablet of one lesson, opened by `teacher`, who is signed out."""
        self.flush()
        self.pop(BROWSER, None)
        self.create()
        assert self.row is not None
        self.row.user, self.row.level, self.row.bound_to, self.row.expires_at = teacher, WebSession.Level.KIOSK, lesson, until
        self.modified = True

    def browser_in(self, purpose: str) -> str:
        """64 hexadecimal digits, equal for all who sign in one after the other in this browser, and only for this `purpose`
        (say, one lesson). A random word in the session, no feature of the device; gone with the cookie.
        """
        if BROWSER not in self:
            self[BROWSER] = secrets.token_urlsafe(16)
        return blind_index("kvs.browser", f"{purpose}/{self[BROWSER]}")

    def remember_phone(self, user: User, until: dt.datetime) -> None:
        """Let this browser confirm presence for `user` until then, also when `user` is no longer signed in.

        To be called around signing in (the session becomes FULL) or after signing out (it becomes CONFIRM).
        """
        if self.session_key is None:
            self.create()
        assert self.row is not None
        self.keep_known(Known(user, until, self.row.trusted_until))

    def trust_device(self, until: dt.datetime) -> None:
        """Ask whoever is signed in here for no second step until then. Outlives signing out, and opens nothing by itself."""
        assert self.row is not None
        self.row.trusted_until, self.modified = until, True

    def trusted_for(self, user: User) -> bool:
        """Whether `user` showed the second step here before, and chose not to be asked again for some time."""
        known = self.known()
        return known is not None and known.user == user and (known.trusted_until or timezone.now()) > timezone.now()

    def forget_device(self) -> None:
        """Signing out is the end again, and signing in needs the second step."""
        if self.row is not None:
            self.row.remembered_until = self.row.trusted_until = None
            self.modified = True

    def known(self) -> "Known | None":
        """Whose phone or trusted device this browser is, and until when."""
        if self.row is None or self.row.user is None or not (self.row.remembered_until or self.row.trusted_until):
            return None
        return Known(self.row.user, self.row.remembered_until, self.row.trusted_until)

    def keep_known(self, known: "Known") -> None:
        """Let this browser, perhaps under a new key, be known as before."""
        if self.session_key is None:
            self.create()
        assert self.row is not None
        self.row.user, self.row.remembered_until, self.row.trusted_until = known
        if self.row.level != WebSession.Level.FULL:
            self._fall_back(self.row)
        self.modified = True

    def cycle_key(self) -> None:
        """As Django's: a new key at sign-in. A known device stays known under the new one."""
        known = self.known()
        super().cycle_key()
        if known:
            self.keep_known(known)

    def get_expire_at_browser_close(self) -> bool:
        """The cookie of a known device outlives the browser window; no other does."""
        return self._known_until() is None

    def get_expiry_age(self, **options: Any) -> int:
        """Seconds the cookie of a known device lives on."""
        until = self._known_until()
        return int(super().get_expiry_age(**options)) if until is None else int((until - timezone.now()).total_seconds())

    def _known_until(self) -> dt.datetime | None:
        ends = (self.row.remembered_until, self.row.trusted_until) if self.row is not None else ()
        return max((end for end in ends if end), default=None)

    def _fall_back(self, row: WebSession) -> None:
        """From signed in to a remembered phone (presence only, decisions.md 19), or to a trusted device (nothing)."""
        if row.trusted_until is None or (row.remembered_until and row.remembered_until > timezone.now()):
            assert row.remembered_until is not None
            row.level, row.expires_at = WebSession.Level.CONFIRM, row.remembered_until
        else:
            row.level, row.expires_at = WebSession.Level.TRUSTED, row.trusted_until

    def _described(self, contents: dict[str, Any]) -> WebSession:
        """The row for these contents: who holds the session, at which level and until when."""
        now = timezone.now()
        row = self.row or WebSession(
            pk=hash_key(self.session_key or ""),
            started_at=now,
            expires_at=now + dt.timedelta(minutes=ANONYMOUS_MINUTES),
        )
        signed_in = contents.get(SESSION_KEY)
        if signed_in and row.level not in (WebSession.Level.FULL, WebSession.Level.KIOSK):
            user = User.objects.get(pk=uuid.UUID(signed_in))
            idle, absolute = limits_for(user)
            if row.user_id not in (None, user.pk):  # somebody else's device until now
                row.remembered_until = row.trusted_until = None
            row.user, row.level, row.idle_minutes = user, WebSession.Level.FULL, idle
            row.started_at = row.last_seen = now
            row.expires_at = now + dt.timedelta(minutes=absolute)
        elif not signed_in and row.level == WebSession.Level.FULL:
            row.user, row.level = None, WebSession.Level.ANONYMOUS
        return row

    @classmethod
    def clear_expired(cls) -> None:
        """Delete what has ended, also by a last day that has passed while nobody touched the browser."""
        WebSession.objects.exclude(pk__in=WebSession.objects.live()).delete()
        within = Membership.objects.active_on(timezone.localdate()).filter(user__is_active=True)
        WebSession.objects.filter(user__isnull=False).exclude(user__in=within.values("user")).delete()
