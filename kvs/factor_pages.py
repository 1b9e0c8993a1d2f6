"""Signing in and security: the pages where people choose, replace and remove what opens their account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.webauthn.internal.auth import begin_registration
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import factors
from kvs.access import KvsRequest
from kvs.accounts import proven_recently
from kvs.factor_door import AddAppForm, AddPasskeyForm
from kvs.models import Role

View = Callable[..., HttpResponse]


def proof_needed(view: View) -> View:
    """Open a view only to who showed within five minutes to be the owner; ask again otherwise (ASVS 7.5.1).

    Our own, because allauth's lets pass who has neither a password nor a factor: a student with a PIN.
    """

    @wraps(view)
    def guarded(request: KvsRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not proven_recently(request):
            raise ReauthenticationRequired
        return view(request, *args, **kwargs)

    return guarded


@require_GET
def security(request: KvsRequest) -> HttpResponse:
    """What opens this account, and the ways to change it."""
    own = list(factors.factors_of(request.user).order_by("created_at"))
    context = {
        "student": request.user.is_only(Role.STUDENT),
        "missing": factors.missing(request, request.user),
        "required": factors.required(request.user),
        "app": next((factor for factor in own if factor.type == factors.APP), None),
        "passkeys": [factor for factor in own if factor.type == factors.PASSKEY],
        "single": len(own) == 1,
        "codes_left": factors.codes_left(request.user),
        "has_password": request.user.has_usable_password(),
    }
    return render(request, "account/security.html", context)


@require_http_methods(["GET", "POST"])
@proof_needed
def app_add(request: KvsRequest) -> HttpResponse:
    """Scan the code, type what the app says."""
    if request.user.is_only(Role.STUDENT) or factors.factors_of(request.user).filter(type=factors.APP).exists():
        return redirect("mfa_index")
    form = AddAppForm(request.POST if request.method == "POST" else None, user=request.user)
    if _did(form, lambda: factors.add_app(user=request.user, secret=form.secret)):
        clear_totp_secret(request)
        return _added(request, _("The app is your second step from now on."))
    context = {"form": form, "secret": form.secret, "address": get_adapter().build_totp_url(request.user, form.secret)}
    return render(request, "account/app_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@proof_needed
def passkey_add(request: KvsRequest) -> HttpResponse:
    """Let the device make a passkey, and keep it."""
    form = AddPasskeyForm(request.POST if request.method == "POST" else None, user=request.user)
    if _did(form, lambda: factors.add_passkey(user=request.user, **form.cleaned_data)):
        return _added(request, _("The passkey is kept. You can sign in with it from now on."))
    context = {
        "form": form,
        "options": begin_registration(request.user, passwordless=True),
        "student": request.user.is_only(Role.STUDENT),
    }
    return render(request, "account/passkey_add.html", context, status=422 if form.errors else 200)


def _did(form: forms.Form, change: Callable[[], object]) -> bool:
    """Whether the form was sent, was right, and the change was made; if not, the form says why."""
    if not form.is_valid():
        return False
    try:
        change()
    except ValidationError as problem:
        form.add_error(None, problem)
        return False
    return True


def _added(request: KvsRequest, told: str) -> HttpResponse:
    """Signed out elsewhere, proven here; who has no recovery codes yet gets them now. A student's passkey is only one more
    way in: nothing ends, and the desk helps when it is lost.
    """
    messages.success(request, told)
    if request.user.is_only(Role.STUDENT):
        return redirect("mfa_index")
    factors.prove(request, request.user)
    factors.end_others(request, request.user)
    record_authentication(request, request.user, method="mfa")
    if factors.codes_left(request.user) is None:
        return _new_codes(request)
    return redirect("mfa_index")


@require_http_methods(["GET", "POST"])
@proof_needed
def factor_remove(request: KvsRequest, pk: int) -> HttpResponse:
    """Ask once, then take an app or a passkey away."""
    factor = get_object_or_404(factors.factors_of(request.user), pk=pk)
    form = forms.Form(request.POST if request.method == "POST" else None)
    if _did(form, lambda: factors.remove_factor(user=request.user, factor=factor)):
        factors.end_others(request, request.user)
        messages.success(request, _("It does not open your account any more. You are signed out on other devices."))
        return redirect("mfa_index")
    context = {"form": form, "factor": factor, "student": request.user.is_only(Role.STUDENT)}
    return render(request, "account/factor_remove.html", context, status=422 if form.errors else 200)


@require_POST
@proof_needed
def codes_new(request: KvsRequest) -> HttpResponse:
    """A new list of recovery codes; the old one dies."""
    factors.end_others(request, request.user)
    return _new_codes(request)


def _new_codes(request: KvsRequest) -> HttpResponse:
    try:
        request.session["codes"] = factors.new_codes(user=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("mfa_index")
    return redirect("mfa_view_recovery_codes")


@require_GET
def codes(request: KvsRequest) -> HttpResponse:
    """The recovery codes, this once: to print or write down. They wait in the sealed session until they were shown."""
    shown = request.session.pop("codes", None)
    if shown is None:
        return redirect("mfa_index")
    return render(request, "account/codes.html", {"codes": [f"{code[:4]} {code[4:]}" for code in shown]})
