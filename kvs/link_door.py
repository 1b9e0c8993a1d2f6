"""The door for who has a one-time link from an e-mail, and for who forgot the password."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, password_validation
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from kvs import links
from kvs.begin import may_begin
from kvs.floods import flooded
from kvs.models import OneTimeLink, User
from kvs.new_password import PasswordFields
from kvs.passwords import help_text

DEAD = gettext_lazy(
    "This link does not work any more: it was used, taken back or too old. Ask the school for a new one, or ask for a new "
    "password below."
)


class TokenForm(forms.Form):
    """The code of the link, for who has no JavaScript or a mail program that cuts off what follows the #."""

    token = forms.CharField(
        label=gettext_lazy("Code from the e-mail"),
        help_text=gettext_lazy("The letters and digits behind the # of the link."),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def clean_token(self) -> str:
        """The code alone, when the whole link was pasted."""
        token: str = self.cleaned_data["token"]
        return token.rpartition("#")[2].strip()


class NewPasswordForm(PasswordFields):
    """A password of the own, typed twice."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = help_text(user)

    def clean_password1(self) -> str:
        """Refuses what is short or easily guessed."""
        password: str = self.cleaned_data["password1"]
        password_validation.validate_password(password, self.user)
        return password


class ForgottenForm(forms.Form):
    """The address somebody signs in with."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"})
    )


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def one_time_link(request: HttpRequest) -> HttpResponse:
    """Where the link in an e-mail leads. Its secret stands behind the #; kvs.js posts it. A GET uses nothing up, so a
    mail scanner that follows links does no harm.
    """
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        token = form.cleaned_data["token"]
        link = links.link_of(token)
        if link is not None:
            return _go_on(request, "link", str(link.pk), "new_password")
        if may_begin(token):
            return _go_on(request, "begin", "yes", "first_run")
        form.add_error(None, DEAD)
    return render(request, "account/one_time_link.html", {"form": form}, status=422 if form.errors else 200)


def _go_on(request: HttpRequest, key: str, value: str, page: str) -> HttpResponse:
    """To the page a secret opened, in a session of its own."""
    if request.user.is_authenticated:
        logout(request)  # a shared computer: the one with the link goes on, not the one before
    request.session.cycle_key()
    request.session[key] = value
    return redirect(page)


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def new_password(request: HttpRequest) -> HttpResponse:
    """Choose a password, after the secret of a link was right; then go on signed in, past the second step if there is one."""
    pk = request.session.get("link")
    live = OneTimeLink.objects.live().filter(pk=pk, user__is_active=True).select_related("user") if pk else None
    link = live.first() if live is not None else None
    if link is None:
        return redirect("one_time_link")
    form = NewPasswordForm(request.POST if request.method == "POST" else None, user=link.user)
    if request.method == "POST" and form.is_valid():
        user = links.use_link(pk=link.pk, password=form.cleaned_data["password1"])
        if user is None:  # used or taken back since the page was opened
            messages.error(request, DEAD)
            return redirect("one_time_link")
        return _enter(request, user)
    context = {"form": form, "person": link.user, "kind": link.kind}
    return render(request, "account/new_password.html", context, status=422 if form.errors else 200)


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    del request.session["link"]
    if not user.active_memberships() and user.memberships.filter(starts_on__gt=timezone.localdate()).exists():
        messages.success(request, _("Your password is saved. You can sign in from the first day of your role."))
        return redirect("account_login")
    answer: HttpResponse = perform_password_login(request, {}, Login(user=user))
    return answer


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password. The answer is the same whether or not the address is known."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].casefold()
        if _allowed(request, email):
            links.ask_reset(user=User.objects.filter(email__iexact=email).first())
            return redirect("password_sent")
        form.add_error(None, _("Too many attempts for this address. Wait 15 minutes, and look in your e-mail meanwhile."))
    return render(request, "account/password_forgotten.html", {"form": form}, status=422 if form.errors else 200)


def _allowed(request: HttpRequest, email: str) -> bool:
    """Counted per typed address, never per network address: a school shares one (decisions.md 17)."""
    if flooded(request, "link"):
        return False
    return bool(ratelimit.consume(request, app="allauth.account", action="ask_reset", key=email))


@require_GET
@login_not_required
def password_sent(request: HttpRequest) -> HttpResponse:
    """What to expect after asking."""
    return render(request, "account/password_sent.html")
