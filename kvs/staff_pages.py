"""Pages about the accounts of staff: list and search, one account, invite, give and end a role, close and open again."""

import unicodedata
import uuid
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import staff
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import ContractKind, Location, Membership, OneTimeLink, Qualification, Role, User
from kvs.pages import Sorts, counted, form_page, keep_search, kept_search, list_page
from kvs.staff import MANAGERS
from kvs.widgets import DateInput

SORTS: Sorts = {
    "name": (Lower("surname"), Lower("call_name"), "pk"),
    "second_factor": ("has_second_factor", Lower("surname"), Lower("call_name"), "pk"),
}
ROLES = [(role.value, role.label) for role in Role if role != Role.STUDENT]


class RoleForm(forms.Form):
    """A role, where and from when until when."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", ""), *ROLES])
    location = forms.ChoiceField(label=gettext_lazy("Location"))
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    ends_on = forms.DateField(
        label=gettext_lazy("Until and including"),
        widget=DateInput(),
        required=False,
        help_text=gettext_lazy("Empty: until somebody ends it. An auditor always needs a last day."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location = self.fields["location"]
        assert isinstance(location, forms.ChoiceField)
        self.places = {str(place.pk): place for place in Location.objects.where_held(by, *MANAGERS)}
        everywhere = [("all", _("All locations"))] if any(own.location_id is None for own in by.active_memberships()) else []
        # Nothing is chosen beforehand: "all locations" is never given by forgetting the field.
        location.choices = [("", ""), *everywhere, *((key, place.name) for key, place in self.places.items())]
        self.fields["starts_on"].initial = timezone.localdate

    def clean_location(self) -> Location | None:
        """None stands for all locations."""
        return self.places.get(self.cleaned_data["location"])


class PersonForm(forms.Form):
    """Who it is."""

    call_name = forms.CharField(label=gettext_lazy("First name"), max_length=80)
    infix = forms.CharField(label=gettext_lazy("Name prefix"), max_length=20, required=False)
    surname = forms.CharField(label=gettext_lazy("Surname"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        help_text=gettext_lazy("The address of this person alone. The invitation goes there, and it is the sign-in name."),
    )

    def clean_email(self) -> str:
        """In small letters: that is how it is compared."""
        email: str = self.cleaned_data["email"]
        return email.casefold()


class ContractForm(forms.Form):
    """On what terms somebody works here (B 7: employees and the self-employed are bound to secrecy by their contract)."""

    contract_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of contract"),
        choices=[("", gettext_lazy("Not noted")), *ContractKind.choices],
        required=False,
    )
    contract_ends_on = forms.DateField(
        label=gettext_lazy("Last day of the contract, or of the clause about confidentiality"),
        widget=DateInput(),
        required=False,
        help_text=gettext_lazy("After this day the account is closed. Somebody self-employed always has a last day."),
    )

    def clean(self) -> dict[str, Any]:
        """Of somebody self-employed the last day is needed."""
        data = super().clean() or {}
        ends = "contract_ends_on" in self.errors or data.get("contract_ends_on")
        if data.get("contract_kind") == ContractKind.SELF_EMPLOYED and not ends:
            self.add_error("contract_ends_on", _("Of somebody self-employed the last day of the contract or clause is needed."))
        return data


class ChangeForm(ContractForm, PersonForm):
    """Correct who it is and the contract; the address only as long as nobody signed in with it."""

    field_order = ("call_name", "infix", "surname", "email", "contract_kind", "contract_ends_on", "version")
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.initial = getattr(person, name)
        if person.has_usable_password():
            del self.fields["email"]


class InviteForm(ContractForm, RoleForm, PersonForm):
    """A colleague who has no account yet."""

    field_order = (
        *("call_name", "infix", "surname", "email", "role", "location", "starts_on", "ends_on"),
        *("contract_kind", "contract_ends_on"),
    )


class EndForm(forms.Form):
    """When a role ends."""

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[
            ("now", gettext_lazy("At once: signed out everywhere now")),
            ("day", gettext_lazy("After the last day below")),
        ],
        initial="now",
        widget=forms.RadioSelect,
    )
    last_day = forms.DateField(label=gettext_lazy("Last day"), widget=DateInput(), required=False)

    def clean(self) -> dict[str, Any]:
        """A last day is needed for the second choice, and lies not in the past."""
        data = super().clean() or {}
        if data.get("when") == "now":
            data["last_day"] = None
        elif data.get("when") == "day" and "last_day" in data:
            if data["last_day"] is None:
                self.add_error("last_day", _("Which day is the last?"))
            elif data["last_day"] < timezone.localdate():
                self.add_error("last_day", _("This day has passed. Choose “At once” to end it now."))
        return data


class RecoverForm(forms.Form):
    """That the asker knows who it is."""

    seen = forms.BooleanField(
        label=gettext_lazy("I have seen this person, or know the voice and called back on a number I knew already."),
        error_messages={"required": gettext_lazy("First make sure who it is.")},
    )


class AccountFilter(forms.Form):
    """Above the list: which accounts are shown."""

    status = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Status"),
        choices=[
            ("", gettext_lazy("Current accounts")),
            ("former", gettext_lazy("Closed or ended")),
            ("all", gettext_lazy("Everyone")),
        ],
    )
    role = forms.ChoiceField(required=False, label=gettext_lazy("Role"), choices=[("", gettext_lazy("All roles")), *ROLES])


def manager_tabs(current: str) -> list[dict[str, object]]:
    """The pages of who manages accounts; `current` is an address name."""
    pages = ((_("Accounts"), "accounts"), (_("Locations"), "locations"), (_("Sign-in times"), "role_times"))
    return [{"label": label, "url": reverse(name), "current": name == current} for label, name in pages]


def accounts_of(by: User) -> "QuerySet[User]":
    """Staff accounts with their roles and whether there is a second factor; no query per row."""
    roles = Membership.objects.visible_to(by).exclude(role=Role.STUDENT)
    listed = roles.select_related("location", "given_by").order_by("-starts_on", "role")
    factor = Authenticator.objects.filter(user=OuterRef("pk")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    found: QuerySet[User] = User.objects.visible_to(by)
    return found.prefetch_related(Prefetch("memberships", listed, to_attr="roles")).annotate(has_second_factor=Exists(factor))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _matching(found: "QuerySet[User]", typed: str) -> "QuerySet[User]":
    """Every typed word occurs in the name or address, whatever its accents. A school has hundreds of colleagues at most."""
    words = _folded(typed).split()
    named = found.values_list("pk", "call_name", "infix", "surname", "email")
    return found.filter(pk__in=[pk for pk, *parts in named if all(word in _folded(" ".join(map(str, parts))) for word in words)])


@require_POST
@role_required(*MANAGERS)
def account_search(request: KvsRequest) -> HttpResponse:
    """Keep the typed name out of the address."""
    word = keep_search(request, "account_searches")
    return redirect(f"{reverse('accounts')}?q={word}" if word else "accounts")


@require_GET
@role_required(*MANAGERS)
def account_list(request: KvsRequest) -> HttpResponse:
    """Accounts of staff, by surname or by who has no second factor yet."""
    typed = kept_search(request, "account_searches")
    chosen = AccountFilter(request.GET)
    accounts = accounts_of(request.user)
    found = _filtered(accounts, chosen, typed)
    page = list_page(request, found, among=accounts, sorts=SORTS)
    count, more = counted(found)
    more_than = _("more than %(count)d accounts") % {"count": count}
    context = {
        "page": page,
        "rows": [(row, state_of(row)) for row in page.rows],
        "typed": typed,
        "filter": chosen,
        "summary": more_than if more else ngettext("%(count)d account", "%(count)d accounts", count) % {"count": count},
        "tabs": manager_tabs("accounts"),
    }
    return render(request, "kvs/account_list.html", context)


def _filtered(found: "QuerySet[User]", chosen: AccountFilter, typed: str) -> "QuerySet[User]":
    options = chosen.cleaned_data if chosen.is_valid() else {}
    today = timezone.localdate()
    lasting = Membership.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today)).exclude(role=Role.STUDENT)
    if options.get("role"):
        lasting = lasting.filter(role=options["role"])
        found = found.filter(pk__in=Membership.objects.filter(role=options["role"]).values("user"))
    contract = Q(contract_ends_on__isnull=True) | Q(contract_ends_on__gte=today)
    current = Q(contract, is_active=True, pk__in=lasting.values("user"))
    if options.get("status", "") == "former":
        found = found.exclude(current)
    elif options.get("status", "") == "" and not typed:
        found = found.filter(current)
    return _matching(found, typed) if typed else found


def state_of(user: Any) -> str:
    """How an account of `_accounts` is: closed, over (its contract), ended, invited or open."""
    today = timezone.localdate()
    if not user.is_active:
        return "closed"
    if staff.contract_over(user):
        return "over"
    if not any(role.ends_on is None or role.ends_on >= today for role in user.roles):
        return "ended"
    return "open" if user.has_usable_password() else "invited"


@require_GET
@role_required(*MANAGERS)
def account_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One account: whether it can sign in, and its roles now, later and before."""
    person = _account(request, pk)
    today = timezone.localdate()
    found = OneTimeLink.objects.visible_to(request.user).live().filter(user=person).exclude(kind=OneTimeLink.Kind.RESET)
    links = list(found.select_related("issued_by", "confirmed_by"))
    context = {
        "person": person,
        "state": state_of(person),
        "link": next((link for link in links if link.confirmed_by or link.kind == OneTimeLink.Kind.INVITE), None),
        "recovery": next((link for link in links if link.kind == OneTimeLink.Kind.RECOVER and not link.confirmed_by), None),
        "roles": [role for role in person.roles if role.ends_on is None or role.ends_on >= today],
        "former_roles": [role for role in person.roles if role.ends_on and role.ends_on < today],
        "own": person.pk == request.user.pk,
        "teaches": any(role.role == Role.TEACHER for role in person.roles),
        "qualification": Qualification.objects.visible_to(request.user).filter(user=person).first(),
        "today": today,
    }
    return render(request, "kvs/account_page.html", context)


def _account(request: KvsRequest, pk: uuid.UUID) -> Any:
    return get_object_or_404(accounts_of(request.user), pk=pk)


def _page(title: str, verb: str, person: User | None = None) -> dict[str, str]:
    parent = person.full_name if person else _("Accounts")
    url = reverse("account", args=[person.pk]) if person else reverse("accounts")
    return {"title": title, "verb": verb, "parent": parent, "parent_url": url}


def _back(request: KvsRequest, person: User, sentence: str) -> str:
    messages.success(request, sentence % {"name": person.full_name})
    return reverse("account", args=[person.pk])


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def account_invite(request: KvsRequest) -> HttpResponse:
    """A colleague gets an account and an e-mail with a link to choose a password."""
    form = InviteForm(form_data(request), by=request.user)

    def act() -> User:
        return staff.invite_staff(by=request.user, **form.cleaned_data)

    def done(person: User) -> str:
        return _back(request, person, _("The invitation for %(name)s is on its way."))

    return form_page(request, form, act=act, done=done, **_page(_("Invite a colleague"), _("Invite")))


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def role_give(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A further role, or the same one for another period."""
    person = _account(request, pk)
    form = RoleForm(form_data(request), by=request.user)

    def act() -> Membership:
        return staff.give_role(user=person, by=request.user, **form.cleaned_data)

    def done(made: Membership) -> str:
        return _back(request, person, _("%(name)s has the role."))

    return form_page(request, form, act=act, done=done, **_page(_("Give a role"), _("Give"), person))


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def role_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """End a role, at once or after a last day."""
    roles = Membership.objects.visible_to(request.user).exclude(role=Role.STUDENT)
    membership = get_object_or_404(roles.select_related("user", "location"), pk=pk)
    form = EndForm(form_data(request))

    def act() -> bool:
        staff.end_role(membership=membership, by=request.user, last_day=form.cleaned_data["last_day"])
        return True

    def done(ended: bool) -> str:
        if form.cleaned_data["last_day"] is None:
            return _back(request, membership.user, _("The role of %(name)s has ended."))
        return _back(request, membership.user, _("The role of %(name)s ends after the last day."))

    context = {**_page(_("End the role"), _("End the role"), membership.user), "membership": membership}
    return form_page(request, form, act=act, done=done, template="kvs/role_end.html", **context)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def account_change(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Correct the name of a colleague, and before the first sign-in the address."""
    person = _account(request, pk)
    form = ChangeForm(form_data(request), person=person)

    def act() -> User:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return staff.change_person(user=person, version=version, by=request.user, changes=changes)

    def done(row: User) -> str:
        return _back(request, row, _("The account of %(name)s is saved."))

    return form_page(request, form, act=act, done=done, **_page(_("Change"), _("Save"), person))


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def account_recover(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A colleague lost the second factor: ask that it may be set up anew. Says what goes, and that a second person confirms."""
    person = _account(request, pk)
    form = RecoverForm(request.POST if request.method == "POST" else None)

    def act() -> OneTimeLink:
        return staff.ask_recovery(user=person, by=request.user)

    def done(link: OneTimeLink) -> str:
        return _back(request, person, _("Asked. Another colleague now confirms it on this page of %(name)s, within a day."))

    context = {**_page(_("Set up anew"), _("Ask"), person), "person": person}
    return form_page(request, form, act=act, done=done, template="kvs/account_recover.html", **context)


ACTS = {  # what the buttons of the page of an account do
    "invite": (staff.invite_again, gettext_lazy("A new invitation for %(name)s is on its way.")),
    "take_back": (staff.take_back_invitation, gettext_lazy("The invitation of %(name)s does not work any more.")),
    "withdraw": (staff.take_back_invitation, gettext_lazy("What was asked for %(name)s is withdrawn.")),
    "confirm": (staff.confirm_recovery, gettext_lazy("%(name)s is signed out and gets a link to begin anew.")),
    "reopen": (staff.reopen_account, gettext_lazy("The account of %(name)s is open again.")),
}


@require_POST
@role_required(*MANAGERS)
def account_act(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Send the invitation again, take it back, or open a closed account."""
    person = _account(request, pk)
    action, sentence = ACTS.get(request.POST.get("act", ""), (None, ""))
    if action is not None:
        try:
            action(user=person, by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            messages.success(request, str(sentence) % {"name": person.full_name})
    return redirect("account", pk=person.pk)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def account_close(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Close an account: its own page says what ends and what stays."""
    person = _account(request, pk)
    form = forms.Form(request.POST if request.method == "POST" else None)

    def act() -> bool:
        staff.close_account(user=person, by=request.user)
        return True

    def done(closed: bool) -> str:
        return _back(request, person, _("The account of %(name)s is closed and signed out everywhere."))

    context = {**_page(_("Close the account"), _("Close the account"), person), "person": person}
    return form_page(request, form, act=act, done=done, template="kvs/account_close.html", **context)
