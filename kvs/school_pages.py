"""Pages of who manages accounts about the school as a whole: its locations, and how long signing in lasts per role."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kvs import school
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Location, Role, RoleSetting
from kvs.pages import form_page
from kvs.sessions import ABSOLUTE_MINUTES, IDLE_MINUTES
from kvs.staff import MANAGERS
from kvs.staff_pages import manager_tabs


class LocationForm(forms.ModelForm[Location]):
    """A location."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Location
        fields = ("name", "city")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class TimesForm(forms.Form):
    """How long a session of one role lasts."""

    idle_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes without use before the screen locks"),
        min_value=1,
        max_value=24 * 60,
        help_text=gettext_lazy("What was typed is kept for an hour and comes back after signing in."),
    )
    absolute_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes after which signing in again is needed, also in use"), min_value=1, max_value=24 * 60
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_GET
@role_required(*MANAGERS)
def location_list(request: KvsRequest) -> HttpResponse:
    """All locations of the school."""
    context = {
        "locations": Location.objects.all(),
        "editable": set(Location.objects.where_held(request.user, *MANAGERS).values_list("pk", flat=True)),
        "tabs": manager_tabs("locations"),
    }
    return render(request, "kvs/location_list.html", context)


def _page(title: str, parent: str, name: str) -> dict[str, str]:
    return {"title": title, "verb": _("Save"), "parent": parent, "parent_url": reverse(name)}


def _location_saved(request: KvsRequest, location: Location) -> str:
    messages.success(request, _("The location %(name)s is saved.") % {"name": location.name})
    return reverse("locations")


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def location_add(request: KvsRequest) -> HttpResponse:
    """A new location."""
    form = LocationForm(form_data(request))
    page = _page(_("New location"), _("Locations"), "locations")
    return form_page(request, form, act=form.save, done=lambda row: _location_saved(request, row), **page)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def location_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change the name or city of a location; everything that happened there stays with it."""
    location = get_object_or_404(Location.objects.where_held(request.user, *MANAGERS), pk=pk)
    form = LocationForm(form_data(request), instance=location)

    def act() -> Location:
        changes = {name: form.cleaned_data[name] for name in ("name", "city")}
        version = form.cleaned_data["version"] or 0
        return school.change_location(location=location, version=version, by=request.user, changes=changes)

    page = _page(_("Change location"), _("Locations"), "locations")
    return form_page(request, form, act=act, done=lambda row: _location_saved(request, row), **page)


def _times_of(role: Role, settings: dict[str, RoleSetting]) -> dict[str, Any]:
    """What holds for `role`, and whether the school chose it."""
    chosen = settings.get(role)
    return {
        "role": role,
        "idle_minutes": chosen.idle_minutes if chosen else IDLE_MINUTES,
        "absolute_minutes": chosen.absolute_minutes if chosen else ABSOLUTE_MINUTES,
        "version": chosen.version if chosen else 1,
        "chosen": chosen is not None,
    }


@require_GET
@role_required(*MANAGERS)
def role_times(request: KvsRequest) -> HttpResponse:
    """After how long a session locks and ends, per role, with the defaults beside it."""
    settings = {row.role: row for row in RoleSetting.objects.all()}
    context = {
        "rows": [_times_of(role, settings) for role in Role],
        "idle_default": IDLE_MINUTES,
        "absolute_default": ABSOLUTE_MINUTES,
        "tabs": manager_tabs("role_times"),
    }
    return render(request, "kvs/role_times.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def role_times_edit(request: KvsRequest, role: str) -> HttpResponse:
    """Change the times of one role."""
    if role not in Role.values:
        raise Http404
    chosen = Role(role)
    now = _times_of(chosen, {row.role: row for row in RoleSetting.objects.filter(role=role)})
    form = TimesForm(form_data(request), initial=now)

    def act() -> RoleSetting:
        typed = form.cleaned_data
        return school.change_role_times(
            role=chosen,
            version=typed["version"] or 0,
            by=request.user,
            idle_minutes=typed["idle_minutes"],
            absolute_minutes=typed["absolute_minutes"],
        )

    def done(row: RoleSetting) -> str:
        messages.success(request, _("The times of %(role)s are saved. They hold from the next sign-in.") % {"role": chosen.label})
        return reverse("role_times")

    title = _("Sign-in times of %(role)s") % {"role": chosen.label}
    return form_page(request, form, act=act, done=done, **_page(title, _("Sign-in times"), "role_times"))
