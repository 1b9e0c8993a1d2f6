"""Clients and their case managers."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.db.models import Count
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Role
from kvs.pages import Sorts, counted, form_page, list_page
from students import actions
from students.forms import CaseManagerForm, ClientForm
from students.models import CaseManager, Client

READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
EDITORS = (Role.ADMINISTRATION,)
NAME = Lower("name")  # unique
SORTS: Sorts = {"name": (NAME,), "kind": ("kind", NAME), "managers": ("managers", NAME)}


@require_GET
@role_required(*READERS)
def client_list(request: KvsRequest) -> HttpResponse:
    """All clients with how many case managers are known."""
    clients = Client.objects.annotate(managers=Count("case_managers"))
    page = list_page(request, clients, among=clients, sorts=SORTS)
    count, _more = counted(clients)
    context = {"page": page, "count": count, "may_edit": request.user.has_role(*EDITORS)}
    return render(request, "students/client_list.html", context)


@require_GET
@role_required(*READERS)
def client_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A client and its case managers."""
    client = get_object_or_404(Client, pk=pk)
    context = {
        "client": client,
        "managers": CaseManager.objects.visible_to(request.user).filter(client=client),
        "may_edit": request.user.has_role(*EDITORS),
    }
    return render(request, "students/client_page.html", context)


def _page(title: str, client: Client | None = None) -> dict[str, str]:
    parent_url = reverse("students:client", args=[client.pk]) if client else reverse("students:clients")
    return {"title": title, "verb": _("Save"), "parent": client.name if client else _("Clients"), "parent_url": parent_url}


def _saved(request: KvsRequest, client: Client) -> str:
    messages.success(request, _("The client %(client)s is saved.") % {"client": client.name})
    return reverse("students:client", args=[client.pk])


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def client_add(request: KvsRequest) -> HttpResponse:
    """A new client."""
    form = ClientForm(form_data(request))

    def act() -> Client:
        return form.save()

    return form_page(request, form, act=act, done=lambda client: _saved(request, client), **_page(_("New client")))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def client_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change a client."""
    client = get_object_or_404(Client, pk=pk)
    form = ClientForm(form_data(request), instance=client)

    def act() -> Client:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return actions.change_client(client=client, version=version, by=request.user, changes=changes)

    return form_page(request, form, act=act, done=lambda row: _saved(request, row), **_page(_("Change client"), client))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def case_manager_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A new case manager at a client."""
    client = get_object_or_404(Client, pk=pk)
    form = CaseManagerForm(form_data(request))

    def act() -> CaseManager:
        form.instance.client = client
        return form.save()

    return _case_manager_page(request, form, client, act, _("New case manager"))


@require_http_methods(["GET", "POST"])
@role_required(*EDITORS)
def case_manager_edit(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Change the contact data of a case manager, or when somebody stopped."""
    manager = get_object_or_404(CaseManager.objects.visible_to(request.user).select_related("client"), pk=pk)
    form = CaseManagerForm(form_data(request), instance=manager)

    def act() -> CaseManager:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        version = form.cleaned_data["version"] or 0
        return actions.change_case_manager(case_manager=manager, version=version, by=request.user, changes=changes)

    return _case_manager_page(request, form, manager.client, act, _("Change case manager"))


def _case_manager_page(
    request: KvsRequest, form: CaseManagerForm, client: Client, act: Callable[[], CaseManager], title: str
) -> HttpResponse:
    def done(made: CaseManager) -> str:
        messages.success(request, _("%(name)s is saved.") % {"name": made.full_name})
        return reverse("students:client", args=[client.pk])

    return form_page(request, form, act=act, done=done, **_page(title, client))
