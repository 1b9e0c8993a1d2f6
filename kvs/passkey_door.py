"""Signing in with a passkey alone: the device has checked finger, face or code, so it is both steps at once."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kvs.factor_door import PasskeyLoginForm
from kvs.floods import flooded


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    """GET, by script: the question for the device. POST: its answer. Counted per network address only: there is nothing to
    guess for one account (decisions.md 17).
    """
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "GET":
        by_script = request.headers.get("Accept") == "application/json"
        return JsonResponse(begin_authentication(user=None)) if by_script else redirect("account_login")
    form = PasskeyLoginForm(data=request.POST)
    if flooded(request, "passkey") or not form.is_valid():
        return _back(request)
    form.save()
    login = Login(user=form.cleaned_data["credential"].user, redirect_url=get_next_redirect_url(request))
    answer: HttpResponse = perform_login(request, login)
    return answer


def _back(request: HttpRequest) -> HttpResponse:
    """To the door somebody came by."""
    messages.error(request, _("This passkey was not accepted. Try again."))
    door = reverse("student_login" if request.POST.get("door") == "student" else "account_login")
    return redirect(passthrough_next_redirect_url(request, door, "next"))
