"""Choosing another password while signed in. One that was forgotten is renewed through a link (kvs/link_door.py)."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kvs import factors, links
from kvs.access import KvsRequest
from kvs.models import Role, User
from kvs.new_password import PasswordFields
from kvs.passwords import help_text


class ChangePasswordForm(PasswordFields):
    """The present password, and a new one typed twice."""

    oldpassword = forms.CharField(
        label=gettext_lazy("Your present password"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("oldpassword", "password1", "password2")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["password1"].help_text = help_text(user)

    def clean_oldpassword(self) -> str:
        """Refuses a wrong one; attempts are counted with those of signing in (ASVS 6.2.3)."""
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise ValidationError(_("This password is not right."))
        return password

    def clean_password1(self) -> str:
        """Refuses what is short or easily guessed."""
        password: str = self.cleaned_data["password1"]
        password_validation.validate_password(password, self.user)
        return password


@require_http_methods(["GET", "POST"])
def change_password(request: KvsRequest) -> HttpResponse:
    """Another password: signed out everywhere else, no device trusted any more, told by e-mail."""
    if not request.user.has_usable_password():
        return redirect("mfa_index")
    form = ChangePasswordForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        links.change_password(user=request.user, password=form.cleaned_data["password1"])
        update_session_auth_hash(request, request.user)
        factors.end_others(request, request.user)
        messages.success(request, _("Your new password is saved. You are signed out on other devices."))
        return redirect("mfa_index")
    context = {"form": form, "student": request.user.is_only(Role.STUDENT)}
    return render(request, "account/password_change.html", context, status=422 if form.errors else 200)
