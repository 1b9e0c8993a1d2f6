"""Where allauth asks the project about the second step: what to seal, what to say, which proof counts and how often."""

import datetime as dt
import json
from typing import Any

from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kvs import factors
from kvs.fields import seal, unseal
from kvs.jobs import start_job
from kvs.models import Organisation, Role, User

TRUST_DAYS = 30
SECRET_CONTEXT = "mfa.authenticator.secret"  # noqa: S105  # the name of a seal, not a secret
CREDENTIAL_LENGTH = 20_000  # characters; what browsers send has some 1,500


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seals what allauth would keep in clear, and names the school to apps and keys."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not right. Wait for a new code and type that one; every code works once."),
    }

    def encrypt(self, text: str) -> str:
        """The secret of an app or the seed of recovery codes, sealed."""
        return seal(text, SECRET_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given; raises SealBroken."""
        return unseal(encrypted_text, SECRET_CONTEXT)

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """What a passkey is called until its owner says otherwise."""
        return gettext("Passkey %(number)d") % {"number": Authenticator.objects.filter(user=user, type=type).count() + 1}

    def get_totp_issuer(self) -> str:
        """What the app calls this account, before the e-mail address."""
        return self._get_site_name()

    def build_totp_svg(self, url: str) -> str:
        """Nothing: our page draws the code itself, as inline SVG."""
        return ""

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Never through allauth's own pages, which are not in our addresses: kvs.factors.remove_factor does it."""
        return False

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """How a passkey names its owner in the list of the device."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.full_name}

    def _get_user_identifier(self, user: User) -> str:
        return user.email or user.student_number or ""

    def _get_site_name(self) -> str:
        return Organisation.objects.values_list("name", flat=True).first() or "KVS"


class FactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """After the password: the second step, unless this device is trusted. For a student a passkey is another way in, no
    second step: the PIN must keep working on the tablets of a classroom.
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user is None or user.is_only(Role.STUDENT) or not super()._should_handle(request):
            return False
        if request.session.trusted_for(user):  # type: ignore[attr-defined]
            factors.prove(request, user)
            return False
        return True


class CodeField(forms.CharField):
    """Six digits of an app or eight of a recovery list, with or without spaces."""

    def __init__(self, label: Any) -> None:
        attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        super().__init__(label=label, max_length=20, widget=forms.TextInput(attrs=attributes))


class _OnceOnly:
    """A code opens once; guesses are counted per account, also per day: six digits could be walked through."""

    user: User
    authenticator: Authenticator

    def clean_code(self) -> str:
        usage = ratelimit.consume(context.request, app="allauth.account", action="factor_failed", key=str(self.user.pk))
        if not usage:
            raise ValidationError(_("Too many attempts for this account today. Ask the school for help."))
        code: str = super().clean_code()  # type: ignore[misc]
        used = getattr(self, "authenticator", None)  # a recovery code is crossed off its list; an app to add is no row yet
        if (used is None or used.type == factors.APP) and not factors.first_use(self.user, code):
            raise ValidationError(MfaAdapter.error_messages["incorrect_code"])
        usage.rollback()
        return code


class _Proof:
    """What counts as showing the second step."""

    user: User

    def save(self) -> None:
        super().save()  # type: ignore[misc]
        used: Authenticator = self.cleaned_data["credential"] if "credential" in self.fields else self.authenticator  # type: ignore[attr-defined]
        factors.prove(context.request, used.user)
        if used.type == factors.CODES:
            start_job("kvs.tell_second_step", {"user": used.user_id, "what": "code_used"}, by=used.user)
        if self.cleaned_data.get("trust"):  # type: ignore[attr-defined]
            context.request.session["trust"] = str(used.user_id)


class TrustField(forms.BooleanField):
    """Not to be asked again on the own device."""

    def __init__(self, **widget: Any) -> None:
        label = _("Do not ask again on this device for 30 days")
        super().__init__(label=label, required=False, help_text=_("Only on a device that nobody else uses."), **widget)


class CodeForm(_Proof, _OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The code after the password."""

    code = CodeField(_("Code"))
    trust = TrustField()


class CodeAgainForm(_Proof, _OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """The code once more, before something important changes."""

    code = CodeField(_("Code"))


class PasswordAgainForm(AllauthReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["password"]
        field.help_text = ""
        field.widget.attrs.pop("placeholder", None)


class AddAppForm(_OnceOnly, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new app."""

    code = CodeField(_("Code of the app"))


class _Credential:
    """What a browser's key answered: bytes of anybody, decoded by libraries that raise whatever they like at rubbish."""

    def clean_credential(self) -> Any:
        credential = self.cleaned_data["credential"]  # type: ignore[attr-defined]
        refused = ValidationError(_("This passkey was not accepted. Try again."))
        if not isinstance(credential, dict) or len(json.dumps(credential)) > CREDENTIAL_LENGTH:
            raise refused
        decode = getattr(super(), "clean_credential", None)
        return self._decoded(decode, refused) if decode else credential

    def clean(self) -> Any:
        refused = ValidationError({"credential": _("This passkey was not accepted. Try again.")})
        return self._decoded(super().clean, refused)  # type: ignore[misc]

    def _decoded(self, decode: Any, refused: ValidationError) -> Any:
        try:
            return decode()
        except Exception as problem:
            if isinstance(problem, ValidationError) and getattr(problem, "code", "") == "too_many_login_attempts":
                raise
            raise refused from problem


class AddPasskeyForm(_Credential, AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey and what to call it."""

    passwordless = None
    name = forms.CharField(
        label=_("Name of this passkey"),
        max_length=60,
        required=False,
        help_text=_("For example: my phone. You see it in the list."),
    )


class PasskeyForm(_Proof, _Credential, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey after the password."""

    trust = TrustField(widget=forms.HiddenInput)


class PasskeyAgainForm(_Proof, _Credential, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey once more, before something important changes."""


class PasskeyLoginForm(_Proof, _Credential, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey as the only step: the device has checked finger, face or code."""


def trusted_until() -> dt.datetime:
    """When a device that is trusted now is asked for the second step again."""
    return timezone.now() + dt.timedelta(days=TRUST_DAYS)
