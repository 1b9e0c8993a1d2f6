"""Tab of the student page: everything that happened, in order of time."""

import uuid
from typing import NamedTuple

from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent
from kvs.pages import PAGE_SIZE
from reporting.forms import TimelineFilter
from reporting.timeline import READERS, Happening, kinds_for, timeline_of
from students.models import Student
from students.views.people import EDITORS, student_tabs, with_groups


class TimelinePage(NamedTuple):
    """A page of a timeline and the addresses around it. Numbered: its rows are of many tables and share no key."""

    page: "Page[Happening]"
    query: QueryDict

    @property
    def rows(self) -> list[Happening]:
        """What stands on it, the latest first."""
        return list(self.page)

    def _url(self, number: int) -> str:
        query = self.query.copy()
        query["pagina"] = str(number)
        return f"?{query.urlencode()}"

    @property
    def previous_url(self) -> str | None:
        """Later happenings; None on the first page."""
        return self._url(self.page.previous_page_number()) if self.page.has_previous() else None

    @property
    def next_url(self) -> str | None:
        """Earlier happenings; None on the last page."""
        return self._url(self.page.next_page_number()) if self.page.has_next() else None


@require_GET
@role_required(*READERS)
def student_timeline(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What happened to a student: `?soort=lessen&van=2026-01-01&tot=2026-06-30`; nothing asked is everything."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    chosen = TimelineFilter(request.GET, kinds=kinds_for(request.user))
    found = timeline_of(student, request.user, chosen.cleaned_data["soort"], chosen.period) if chosen.is_valid() else []
    context = {
        "student": student,
        "filter": chosen,
        "page": TimelinePage(Paginator(found, PAGE_SIZE).get_page(request.GET.get("pagina")), request.GET),
        "count": len(found),
        "chosen": any(request.GET.get(name) for name in chosen.fields),
        "now": timezone.now(),
        "tabs": student_tabs(request.account, student, "reporting:student_timeline"),
        "may_edit": request.account.has_role(*EDITORS),
    }
    return render(request, "reporting/student_timeline.html", context, status=422 if chosen.errors else 200)
