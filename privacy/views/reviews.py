"""Pages of the review of access: when the next is due, deciding line by line, and what was signed before."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from kvs.access import KvsRequest, role_required
from privacy.actions import reviews as actions
from privacy.models.reviews import REVIEWERS, AccessReview, AccessReviewLine
from privacy.subject import names_of

DECISION = AccessReviewLine.Decision


@require_http_methods(["GET", "POST"])
@role_required(*REVIEWERS)
def review_list(request: KvsRequest) -> HttpResponse:
    """When the next review is due, the one that is going on, and those that were signed; POST begins one."""
    if request.method == "POST":
        try:
            return redirect("privacy:review", pk=actions.start_review(by=request.user).pk)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("privacy:reviews")
    counts = {code: Count("lines", Q(lines__decision=code)) for code in (DECISION.KEEP, DECISION.END, DECISION.GONE)}
    rows = list(AccessReview.objects.visible_to(request.user).annotate(number=Count("lines"), **counts))
    due, today = actions.due_on(), timezone.localdate()
    context = {
        "rows": rows,
        "names": names_of(row.signed_by_audit_id for row in rows if row.signed_by_audit_id),
        "open": next((row for row in rows if row.state == AccessReview.State.OPEN), None),
        "due": due,
        "late": due is not None and due < today,
    }
    return render(request, "privacy/reviews.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*REVIEWERS)
def review_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Every line with what is known of the account; POST decides on those that were chosen."""
    review = get_object_or_404(AccessReview.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        _decide(request, review)
        return redirect("privacy:review", pk=review.pk)
    lines = list(review.lines.all())
    deciders = {line.decided_by_audit_id for line in lines if line.decided_by_audit_id}
    names = names_of({line.account_audit_id for line in lines} | deciders)
    is_open = review.state == AccessReview.State.OPEN
    context = {
        "review": review,
        "is_open": is_open,
        "people": _people(request, lines, names, is_open),
        "waiting": sum(not line.decision for line in lines),
    }
    return render(request, "privacy/review.html", context)


def _people(
    request: KvsRequest, lines: list[AccessReviewLine], names: dict[uuid.UUID, str], is_open: bool
) -> list[dict[str, Any]]:
    """The lines by person, in order of name; of an open review with the facts of now."""
    here = actions.living(timezone.localdate()) if is_open else {}
    people: dict[uuid.UUID, dict[str, Any]] = {}
    for line in lines:
        access = here.get((line.kind, line.object_pk))
        if access is not None and not line.decision:
            for name, value in actions.facts_of(access).items():
                setattr(line, name, value)
        name = names.get(line.account_audit_id) or _("somebody who is no longer here")
        person = people.setdefault(line.account_audit_id, {"name": name, "lines": [], "facts": line})
        person["lines"].append(
            {
                "line": line,
                "lives": access is not None,
                "may_end": actions.may_end(request.user, line.kind) and line.account_audit_id != request.user.audit_id,
                "by": names.get(line.decided_by_audit_id, "") if line.decided_by_audit_id else "",
            }
        )
    for person in people.values():
        person["lines"].sort(key=lambda part: (part["line"].kind != "role", part["line"].role, part["line"].place))
    return sorted(people.values(), key=lambda person: person["name"].casefold())


def _decide(request: KvsRequest, review: AccessReview) -> None:
    """Decide on every line that was chosen anew; what is refused is said, the rest is done."""
    done, refused = 0, set()
    for line in review.lines.all():
        chosen, seen = request.POST.get(str(line.pk), ""), request.POST.get(f"seen-{line.pk}", "")
        if chosen not in (DECISION.KEEP, DECISION.END) or (chosen == seen and chosen == DECISION.KEEP):
            continue
        try:
            actions.decide(line=line, decision=chosen, seen=seen, by=request.user)
        except ValidationError as problem:
            refused.update(problem.messages)
        else:
            done += 1
    for text in sorted(refused):
        messages.error(request, text)
    if done:
        text = ngettext("%(number)d line is decided.", "%(number)d lines are decided.", done)
        messages.success(request, text % {"number": done})


@require_POST
@role_required(*REVIEWERS)
def review_sign(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Sign the review, when everything is decided."""
    review = get_object_or_404(AccessReview.objects.visible_to(request.user), pk=pk)
    try:
        new = actions.add_missing(review=review)
        if new:
            text = ngettext(
                "%(number)d line was added: access given since.", "%(number)d lines were added: access given since.", new
            )
            messages.warning(request, text % {"number": new})
        else:
            actions.sign_review(review=review, by=request.user)
            messages.success(request, _("The review is signed and kept as it is."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("privacy:review", pk=review.pk)
