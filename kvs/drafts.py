"""Forms that came in after the session had locked: kept sealed for an hour, given back to their sender, never replayed."""

import datetime as dt
import hashlib

from django.http import HttpRequest, QueryDict
from django.utils import timezone

from kvs.fields import seal, unseal
from kvs.models import Draft, User

LIFETIME = dt.timedelta(hours=1)
CONTEXT = "kvs.draft.data"
NEVER_KEPT = (
    *("csrfmiddlewaretoken", "password", "oldpassword", "password1", "password2"),
    *("pin", "again", "code", "token", "once", "credential"),  # what opens the student door
)


def path_hash(request: HttpRequest) -> str:
    """Which form: its path, hashed, because a path may name a student."""
    return hashlib.sha256(request.path.encode()).hexdigest()


def keep(request: HttpRequest, user: User) -> bool:
    """Keep the typed values of this POST for `user`; false when there was nothing to keep. Uploads are not kept."""
    typed = request.POST.copy()
    for name in NEVER_KEPT:
        typed.pop(name, None)
    if not typed:
        return False
    Draft.objects.update_or_create(
        user=user,
        path_hash=path_hash(request),
        defaults={"data": seal(typed.urlencode(), CONTEXT), "made_at": timezone.now()},
    )
    return True


def form_data(request: HttpRequest) -> QueryDict | None:
    """What a view binds its form to: the POST; on GET the draft of this form, if there is one; otherwise nothing."""
    if not isinstance(request.user, User):
        return request.POST if request.method == "POST" else None
    mine = Draft.objects.visible_to(request.user).filter(path_hash=path_hash(request))
    if request.method == "POST":
        mine.delete()
        return request.POST
    drafts = mine.filter(made_at__gt=timezone.now() - LIFETIME).values_list("data", flat=True)
    return next((QueryDict(unseal(data, CONTEXT)) for data in drafts), None)


def delete_expired() -> None:
    """Delete drafts nobody came back for."""
    Draft.objects.filter(made_at__lte=timezone.now() - LIFETIME).delete()
