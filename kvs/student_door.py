"""The door for students: card and PIN, or student number and PIN; first use and a forgotten PIN through the desk.

Wrong PIN, unknown number and account without a PIN get the same sentence and the same wait. Attempts are counted per
number, per card and per remembered phone, never per address: a class shares one (decisions.md 17). Because each has its
own count, whoever guesses by number does not keep the owner of the card out.
"""

import datetime as dt
import unicodedata
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core.internal import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kvs import cards
from kvs.access import KvsRequest, role_required, tablet_allowed
from kvs.floods import flooded, guess
from kvs.models import Card, Role, User, WebSession

PHONE_DAYS = 90
NEW_PIN_MINUTES = 10
CARD_ON_TABLET = 45  # seconds in which the PIN follows a card on a class tablet; the next student is waiting
WRONG = gettext_lazy("Look at your number and your PIN. Try again.")
WRONG_CODE = gettext_lazy("Look at your number and the code. Try again, or ask for a new code at the desk.")
DEAD_CARD = gettext_lazy("This card does not work any more. Ask for a new card at the desk, or type your number.")
WAIT = gettext_lazy("Wait 5 minutes. Then try again. Or ask for a code at the desk.")


def plain_digits(text: str) -> str:
    """Digits of every script as 0-9 ("٤٢" is "42"), without spaces; everything else as typed."""
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in text if not letter.isspace())


class DigitsField(forms.CharField):
    """Six digits, as a keypad, a keyboard of any script or a paste gives them. Never shown again."""

    def __init__(self, autocomplete: str, **options: Any) -> None:
        widget = forms.PasswordInput(
            attrs={
                "class": "pin",
                "inputmode": "numeric",
                "autocomplete": autocomplete,
                "minlength": cards.PIN_DIGITS,
                "maxlength": cards.PIN_DIGITS,
            }
        )
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> str:
        """Raises ValidationError, without repeating what was typed."""
        digits = plain_digits(super().clean(value))
        if len(digits) != cards.PIN_DIGITS or not (digits.isascii() and digits.isdigit()):
            raise ValidationError(_("Type 6 digits."))
        return digits


class NumberField(forms.CharField):
    """A student number as it is printed on the card: "2025-0147"."""

    def __init__(self) -> None:
        attributes = {"class": "number-large", "autocomplete": "username", "autocapitalize": "characters", "spellcheck": "false"}
        super().__init__(
            label=gettext_lazy("Your number"),
            help_text=gettext_lazy("The number is on your card."),
            max_length=40,
            widget=forms.TextInput(attrs=attributes),
        )

    def clean(self, value: Any) -> str:
        """In the form numbers are stored in, whatever dash or script the keyboard has."""
        typed = plain_digits(super().clean(value)).upper()
        return "".join("-" if unicodedata.category(letter) == "Pd" else letter for letter in typed)


class DoorForm(forms.Form):
    """Number and PIN; the number only when nobody is known yet."""

    number = NumberField()
    phone = forms.BooleanField(
        required=False,
        label=gettext_lazy("This is my phone"),
        help_text=gettext_lazy("We remember it for 90 days, only for “I was here”."),
    )
    pin = DigitsField("current-password", label=gettext_lazy("Your PIN"))

    def __init__(self, *args: Any, known: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["number"]


class PinForm(forms.Form):
    """The PIN of who is signed in."""

    pin = DigitsField("current-password", label=gettext_lazy("Your PIN"))


class CodeForm(forms.Form):
    """Number and the one-time code from the desk."""

    number = NumberField()
    code = DigitsField("one-time-code", label=gettext_lazy("Code from the desk"))

    def __init__(self, *args: Any, known: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if known:
            del self.fields["number"]


class NewPinForm(forms.Form):
    """A PIN, typed twice."""

    pin = DigitsField("new-password", label=gettext_lazy("Your new PIN"))
    again = DigitsField("new-password", label=gettext_lazy("The same PIN again"))

    def __init__(self, *args: Any, student_number: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.student_number = student_number

    def clean_pin(self) -> str:
        """Refuses what is easily guessed."""
        pin: str = self.cleaned_data["pin"]
        if cards.pin_is_weak(pin, self.student_number):
            raise ValidationError(_("This PIN is easy to guess. Choose other digits."))
        return pin

    def clean_again(self) -> str:
        """Refuses a slip of the finger."""
        again: str = self.cleaned_data["again"]
        if "pin" in self.cleaned_data and again != self.cleaned_data["pin"]:
            raise ValidationError(_("This is not the same. Type the PIN again."))
        return again


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def student_login(request: HttpRequest) -> HttpResponse:
    """Sign in with number and PIN; after a card, or on a remembered phone, with the PIN alone."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    known, counted_as = _known(request)
    form = DoorForm(request.POST if request.method == "POST" else None, known=known)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data.get("number", "")
        user = known or User.objects.filter(student_number=number).first()
        if _fits(request, form, counted_as or f"number:{number}", user, form.cleaned_data["pin"]):
            assert user is not None
            return _enter(request, user, remember=form.cleaned_data["phone"])
    context = {"form": form, "known": known, "next": get_next_redirect_url(request)}
    return render(request, "account/student_login.html", context, status=422 if form.errors else 200)


def _known(request: HttpRequest) -> tuple[User | None, str]:
    """Who showed a card just now, or whose phone this is, and under which name attempts are counted."""
    read = request.session.get("card")
    card = Card.objects.live().filter(pk=read).select_related("user").first() if read else None
    if card:
        return card.user, f"card:{card.pk}"
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    if row and row.user and row.level == WebSession.Level.CONFIRM:
        return row.user, f"phone:{row.user.pk}"
    return None, ""


def _fits(request: HttpRequest, form: forms.Form, counted_as: str, user: User | None, pin: str) -> bool:
    """Whether the PIN is right; if not, the form says so. Counted before it is tried, given back when it was right."""
    attempt = _attempt(request, counted_as)
    if attempt is None:
        form.add_error(None, WAIT)
        return False
    if not cards.pin_fits(user, pin) or user is None or not _by_pin(user):
        form.add_error(None, WRONG)
        return False
    attempt.rollback()
    return True


def by_number(request: HttpRequest, form: forms.Form) -> User | None:
    """The student whose number and PIN stand in a valid DoorForm; None when they do not fit, and the form says so."""
    number = form.cleaned_data["number"]
    user = User.objects.filter(student_number=number).first()
    return user if _fits(request, form, f"number:{number}", user, form.cleaned_data["pin"]) else None


def by_card(request: HttpRequest, form: forms.Form, card: Card) -> User | None:
    """As `by_number`, of a card and the PIN in a valid form."""
    return card.user if _fits(request, form, f"card:{card.pk}", card.user, form.cleaned_data["pin"]) else None


def _attempt(request: HttpRequest, counted_as: str) -> ratelimit.RateLimitUsage | None:
    """One attempt, or None when there were too many. allauth's counters, under our own name."""
    if flooded(request, "student"):
        return None
    return guess(request, "pin_failed", counted_as)


def _by_pin(user: User) -> bool:
    """False for staff: a PIN must not open what needs a second factor. Who has no role at all gets the closed page."""
    return not user.active_memberships() or user.is_only(Role.STUDENT)


def _enter(request: HttpRequest, user: User, *, remember: bool = False) -> HttpResponse:
    request.session.pop("card", None)
    answer: HttpResponse = perform_login(request, user, redirect_url=get_next_redirect_url(request))
    if request.user == user:
        record_authentication(request, user, method="pin")  # a proof for the next five minutes
    if remember and request.user == user:
        until = timezone.now() + dt.timedelta(days=PHONE_DAYS)
        request.session.remember_phone(user, until)  # type: ignore[attr-defined]
    return answer


@tablet_allowed
@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def student_card(request: HttpRequest) -> HttpResponse:
    """Where the QR code of a card leads. The card's secret stands behind the # of the address, which browsers do not
    send: it is in no log, no Referer and no history of a server. kvs.js takes it from there and posts it.
    """
    if request.method == "GET":
        return render(request, "account/student_card.html")
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    if row is not None and row.level == WebSession.Level.KIOSK:
        return lay_card(request, request.POST.get("token", ""))
    card = cards.card_of(request.POST.get("token", "")[:200])
    if card is None:
        request.session.pop("card", None)
        messages.error(request, DEAD_CARD)
        return redirect("student_login")
    if request.user.is_authenticated and request.user != card.user:
        logout(request)  # a shared computer: the one with the card goes on, not the one before
    request.session["card"] = str(card.pk)
    return redirect("student_login")


# --- a card on a class tablet: read by its camera, which opens the address of the card, or by a reader that types it


def lay_card(request: HttpRequest, token: str) -> HttpResponse:
    """Note whose card was read on this tablet, for CARD_ON_TABLET seconds; its page then asks for the PIN. Signs nobody in."""
    card = cards.card_of(token[:200])
    if card is None:
        take_card_away(request)
        messages.error(request, DEAD_CARD)
    else:
        request.session["tablet_card"] = {"card": str(card.pk), "until": timezone.now().timestamp() + CARD_ON_TABLET}
    return redirect("attendance:tablet")


def card_here(request: HttpRequest) -> Card | None:
    """The card that was read on this tablet just now, if it still works."""
    laid = request.session.get("tablet_card")
    if laid is None or laid["until"] < timezone.now().timestamp():
        return None
    return Card.objects.live().filter(pk=laid["card"]).select_related("user").first()


def take_card_away(request: HttpRequest) -> None:
    """The tablet is at its start again."""
    request.session.pop("tablet_card", None)


@login_not_required
@require_POST
def student_not_me(request: HttpRequest) -> HttpResponse:
    """Forget the card that was read, and the phone: the person here says to be somebody else."""
    request.session.flush()
    return redirect("student_login")


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def student_code(request: HttpRequest) -> HttpResponse:
    """First use or forgotten PIN: the one-time code from the desk opens the page for a new PIN."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    known, counted_as = _known(request)
    form = CodeForm(request.POST if request.method == "POST" else None, known=known)
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data.get("number", "")
        user = known or User.objects.filter(student_number=number).first()
        attempt = _attempt(request, f"code:{counted_as or number}")
        if attempt is None:
            form.add_error(None, WAIT)
        elif not cards.use_desk_code(user=user, code=form.cleaned_data["code"]) or not _is_student(user):
            form.add_error(None, WRONG_CODE)
        else:
            assert user is not None
            attempt.rollback()
            request.session.cycle_key()
            request.session["new_pin"] = {"user": str(user.pk), "until": _in_minutes(NEW_PIN_MINUTES)}
            return redirect("student_new_pin")
    context = {"form": form, "known": known}
    return render(request, "account/student_code.html", context, status=422 if form.errors else 200)


def _is_student(user: User | None) -> bool:
    return user is not None and user.is_active and user.is_only(Role.STUDENT)


def _in_minutes(minutes: int) -> float:
    return timezone.now().timestamp() + 60 * minutes


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def student_new_pin(request: HttpRequest) -> HttpResponse:
    """Choose a PIN, for some minutes after the code of the desk was right; then go on signed in."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    granted = request.session.get("new_pin", {"until": 0, "user": None})
    user = User.objects.filter(pk=granted["user"]).first()
    if user is None or not _is_student(user) or granted["until"] < timezone.now().timestamp():
        return redirect("student_code")
    form = NewPinForm(request.POST if request.method == "POST" else None, student_number=user.student_number or "")
    if request.method == "POST" and form.is_valid():
        del request.session["new_pin"]
        cards.set_pin(user=user, pin=form.cleaned_data["pin"], by=user)
        for counted_as in (f"number:{user.student_number}", f"code:{user.student_number}"):
            ratelimit.clear(request, app="allauth.account", action="pin_failed", key=counted_as)
        return _enter(request, user)
    return render(request, "account/student_new_pin.html", {"form": form}, status=422 if form.errors else 200)


@role_required(Role.STUDENT)
@require_http_methods(["GET", "POST"])
def pin_again(request: KvsRequest) -> HttpResponse:
    """The PIN once more, before something that opens the account changes."""
    form = PinForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _fits(request, form, f"again:{request.user.pk}", request.user, form.cleaned_data["pin"]):
        record_authentication(request, request.user, method="pin", reauthenticated=True)
        return redirect(get_next_redirect_url(request) or "mfa_index")
    context = {"form": form, "next": get_next_redirect_url(request)}
    return render(request, "account/pin_again.html", context, status=422 if form.errors else 200)


@tablet_allowed
@login_not_required
@require_POST
def sign_in_language(request: HttpRequest) -> HttpResponse:
    """Language of the pages before signing in; afterwards the profile decides."""
    chosen = request.POST.get("language")
    if chosen in dict(settings.LANGUAGES):
        request.session["language"] = chosen
    back = request.POST.get("next", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return HttpResponseRedirect(back)
    return redirect("student_login")


@require_http_methods(["GET", "POST"])
def devices(request: KvsRequest) -> HttpResponse:
    """Where am I signed in, and which phones are remembered: each can be ended here."""
    mine = WebSession.objects.visible_to(request.user).live().order_by("-last_seen")
    this: WebSession = request.session.row  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "account/devices.html", {"sessions": mine, "this": this})
    chosen = request.POST.get("end", "")
    if chosen == this.pk:
        request.session.forget_device()  # type: ignore[attr-defined]
    elif chosen == "others":
        mine.exclude(pk=this.pk).delete()
    else:
        mine.filter(pk=chosen.replace("\x00", "")).delete()
    messages.success(request, _("The list is up to date: what you ended is signed out."))
    return redirect("devices")
