"""The first minutes of a real school: who holds the printed link names the school and becomes its first administrator.

The link is signed with the installation's own key and works for a day, as long as there is no school. Nothing of it is
stored.
"""

import datetime as dt
import secrets
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kvs.editing import attempt
from kvs.models import Location, Membership, Organisation, Role, User
from kvs.new_password import PasswordFields

SALT = "kvs.begin"
LIFETIME = dt.timedelta(days=1)


def begin_token() -> str:
    """The secret of a link for a school that is not there yet."""
    return signing.dumps(secrets.token_urlsafe(8), salt=SALT)


def may_begin(token: str) -> bool:
    """Whether this secret opens the first page; never once there is a school."""
    try:
        signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return False
    return not Organisation.objects.exists()


class BeginForm(PasswordFields):
    """The school, its first location, and who begins."""

    school = forms.CharField(label=gettext_lazy("Name of the school"), max_length=120)
    location = forms.CharField(
        label=gettext_lazy("First location"), max_length=80, help_text=gettext_lazy("More locations can be added later.")
    )
    city = forms.CharField(label=gettext_lazy("City"), max_length=80, required=False)
    call_name = forms.CharField(label=gettext_lazy("Your first name"), max_length=80)
    infix = forms.CharField(label=gettext_lazy("Name prefix"), max_length=20, required=False)
    surname = forms.CharField(label=gettext_lazy("Your surname"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )
    field_order = ("school", "location", "city", "call_name", "infix", "surname", "email", "password1", "password2")

    def clean(self) -> dict[str, Any]:
        """The password is judged with the names around it."""
        data = super().clean() or {}
        if data.get("password1"):
            user = User(call_name=data.get("call_name", ""), surname=data.get("surname", ""), email=data.get("email"))
            try:
                password_validation.validate_password(data["password1"], user)
            except ValidationError as problem:
                self.add_error("password1", problem)
        return data


@transaction.atomic
def begin_school(
    *, school: str, location: str, city: str, call_name: str, infix: str, surname: str, email: str, password: str
) -> User:
    """Make the school, its first location and its first system administrator. Raises ValidationError when somebody was
    first.
    """
    organisation = Organisation(name=school)
    organisation.full_clean()
    _row, made = Organisation.objects.get_or_create(id=1, defaults={"name": school})
    if not made:
        raise ValidationError(_("This school has begun already: sign in, or ask its administrator."))
    Location.objects.create(name=location, city=city)
    user = User(email=email.casefold(), call_name=call_name, infix=infix, surname=surname)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    Membership.objects.create(user=user, role=Role.SYSTEM_ADMINISTRATOR)
    return user


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def first_run(request: HttpRequest) -> HttpResponse:
    """Set up the school, after the printed link was opened in this browser."""
    if not request.session.get("begin") or Organisation.objects.exists():
        return redirect("account_login")
    form = BeginForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        known = {name: form.cleaned_data[name] for name in form.cleaned_data if not name.startswith("password")}
        user = attempt(form, lambda: begin_school(password=form.cleaned_data["password1"], **known))
        if user is not None:
            del request.session["begin"]
            answer: HttpResponse = perform_password_login(request, {}, Login(user=user))
            return answer
    return render(request, "account/first_run.html", {"form": form}, status=422 if form.errors else 200)
