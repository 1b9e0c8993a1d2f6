"""Versions of the processing register, and what changed between two of them (AVG 30; B 8.3, 8.4)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Role, User
from kvs.pages import form_page
from privacy import register as copies
from privacy.actions import announcements as actions
from privacy.forms.policy import RegisterForm
from privacy.models import RegisterVersion
from privacy.models.erasure import OFFICERS

NOW = "nu"  # in the address of a comparison: the register of this moment


@require_GET
@role_required(*OFFICERS)
def register(request: KvsRequest) -> HttpResponse:
    """The versions, and what changed since the last."""
    last = RegisterVersion.objects.first()
    context = {
        "versions": RegisterVersion.objects.defer("rows").select_related("announcement"),
        "last": last,
        "changes": copies.differences(last.rows, copies.rows_now()) if last else [],
        "may_publish": request.user.has_role(Role.PRIVACY_OFFICER),
    }
    return render(request, "privacy/register.html", context)


def changed_since_last() -> bool:
    """Whether the register of this moment is another than the last version; also when there is none."""
    last = RegisterVersion.objects.values_list("sha256", flat=True).first()
    return last != copies.digest(copies.rows_now())


def alarms_for(user: User) -> list[str]:
    """What of the register waits for the privacy officer."""
    if not RegisterVersion.objects.exists():
        return [_("The processing register has no version yet. Publish the first one.")]
    if changed_since_last():
        return [_("The processing register changed since its last version. Look at the differences and publish a new one.")]
    return []


@require_http_methods(["GET", "POST"])
@role_required(Role.PRIVACY_OFFICER)
def register_publish(request: KvsRequest) -> HttpResponse:
    """Freeze the register of this moment as a version, and tell everybody when that is needed."""
    form = RegisterForm(form_data(request))

    def act() -> RegisterVersion:
        return actions.publish_register(by=request.user, **form.cleaned_data)

    def done(made: RegisterVersion) -> str:
        messages.success(request, _("Version %(number)d of the processing register is published.") % {"number": made.number})
        if made.is_important:
            return reverse("privacy:announcement", args=[made.announcement.pk])
        return reverse("privacy:register")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Publish the processing register"),
        verb=_("Publish"),
        parent=_("Processing register"),
        parent_url=reverse("privacy:register"),
    )


@require_GET
@role_required(*OFFICERS)
def register_version(request: KvsRequest, number: int) -> HttpResponse:
    """A version as it was frozen."""
    row = get_object_or_404(RegisterVersion, number=number)
    return render(request, "privacy/register_version.html", {"row": row, "tables": copies.as_tables(row.rows)})


@require_GET
@role_required(*OFFICERS)
def register_difference(request: KvsRequest) -> HttpResponse:
    """What changed between two versions (`van`, `tot`; without them the last two, or the last one and now)."""
    numbers = list(RegisterVersion.objects.values_list("number", flat=True))
    if not numbers:
        return render(request, "privacy/register_difference.html", {})
    latest: tuple[int, int | str] = (numbers[1], numbers[0]) if len(numbers) > 1 else (numbers[0], NOW)
    before = _chosen(request.GET.get("van", ""), numbers) or latest[0]
    asked = request.GET.get("tot", "")
    after = NOW if asked == NOW else _chosen(asked, numbers) or latest[1]
    changes = copies.differences(_rows(before), _rows(after))
    context = {"numbers": numbers, "before": before, "after": after, "now": NOW, "changes": changes}
    return render(request, "privacy/register_difference.html", context)


def _chosen(typed: str, numbers: list[int]) -> int | None:
    return next((number for number in numbers if str(number) == typed), None)


def _rows(number: int | str) -> copies.Rows:
    if number == NOW:
        return copies.rows_now()
    rows: copies.Rows = RegisterVersion.objects.values_list("rows", flat=True).get(number=number)
    return rows
