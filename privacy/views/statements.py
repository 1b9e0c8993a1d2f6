"""The page "your policy and the software": where the school's own text, the software and the law contradict each other."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override
from django.views.decorators.http import require_GET, require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Role, User
from kvs.pages import form_page
from privacy import rules
from privacy.actions.statements import record_statements, version_of
from privacy.forms.statements import StatementsForm
from privacy.models import PolicyStatement
from privacy.statements.compare import compare, known
from privacy.statements.kinds import Answer, Finding, Outcome, School, Statement
from privacy.statements.school import said, this_school
from privacy.statements.words import CHAPTERS, STATEMENTS
from privacy.views.own_requests import CHOICES

READERS = (Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
POLICY_LANGUAGE = "nl"  # of the text of the school, whoever reads this page


@require_GET
@role_required(*READERS)
def statements(request: KvsRequest) -> HttpResponse:
    """Every question with what came of it, the worst first."""
    school, answers = this_school(), said()
    findings = compare(answers, school)
    officer = request.user.has_role(Role.PRIVACY_OFFICER)
    lines = {outcome: [_line(row, school, officer=officer) for row in findings if row.outcome == outcome] for outcome in Outcome}
    context = {
        "unlawful": lines[Outcome.UNLAWFUL],
        "differs": lines[Outcome.DIFFERS],
        "agrees": lines[Outcome.AGREES],
        "chapters": [_chapter(code, findings) for code in CHAPTERS],
        "open": len(lines[Outcome.OPEN]),
        "officer": officer,
        "sees_overview": request.user.has_role(Role.PRIVACY_OFFICER, Role.MANAGEMENT),
    }
    return render(request, "privacy/statements.html", context)


def _line(row: Finding, school: School, *, officer: bool) -> dict[str, Any]:
    """One finding in words. The sentence for the text is Dutch; the link to the setting is for who may open it."""
    statement, setting = row.statement, row.statement.setting
    with override(POLICY_LANGUAGE):
        better = statement.better(school)
    changes = row.outcome == Outcome.DIFFERS and setting is not None
    return {
        "key": statement.key,
        "question": statement.question,
        "said": in_words(statement, row.said),
        "does": in_words(statement, row.does),
        "missing": "; ".join(str(found.label) for found in statement.options if found.code in row.missing),
        "article": row.article,
        "why": row.why,
        "better": better,
        "confirmed": statement.confirmed,
        "setting": reverse(setting.url_name, args=setting.args) if setting and changes and officer else "",
        "can_be_set": changes,
    }


def in_words(statement: Statement, answer: Answer | None) -> str:
    """An answer as people read it; empty when there is none."""
    if answer is None:
        return ""
    if answer.number:
        return _length(answer.number, answer.unit)
    return "; ".join(str(found.label) for found in known(statement, answer))


def _length(number: int, unit: str) -> str:
    return {
        "days": ngettext("%(count)d day", "%(count)d days", number),
        "weeks": ngettext("%(count)d week", "%(count)d weeks", number),
        "months": ngettext("%(count)d month", "%(count)d months", number),
        "years": ngettext("%(count)d year", "%(count)d years", number),
    }[unit] % {"count": number}


def _chapter(code: str, findings: list[Finding]) -> dict[str, Any]:
    mine = [row for row in findings if row.statement.chapter == code]
    return {
        "url": reverse("privacy:statements_chapter", args=[code]),
        "title": CHAPTERS[code],
        "answered": sum(row.outcome != Outcome.OPEN for row in mine),
        "asked": len(mine),
    }


@require_http_methods(["GET", "POST"])
@role_required(*READERS)
def statements_chapter(request: KvsRequest, chapter: str) -> HttpResponse:
    """Say what the text says, a chapter at a time."""
    if chapter not in CHAPTERS:
        raise Http404
    asked = [statement for statement in STATEMENTS if statement.chapter == chapter]
    rows = {row.key: row for row in PolicyStatement.objects.filter(key__in=[statement.key for statement in asked])}
    now = {key: row.answer for key, row in rows.items()}
    form = StatementsForm(form_data(request), statements=asked, said=now, version=version_of(rows))

    def act() -> int:
        return record_statements(answers=form.answers(), version=form.cleaned_data["version"], by=request.user)

    def done(_changed: int) -> str:
        messages.success(request, _("“%(chapter)s” is saved.") % {"chapter": CHAPTERS[chapter]})
        return reverse("privacy:statements")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="privacy/statements_chapter.html",
        title=capfirst(str(CHAPTERS[chapter])),
        verb=_("Save"),
        parent=_("Your policy and the software"),
        parent_url=reverse("privacy:statements"),
    )


def waiting_for(_user: User) -> int:
    """How many sentences of the text the law does not allow."""
    return sum(row.outcome == Outcome.UNLAWFUL for row in compare(said(), this_school()))


@require_GET
@login_not_required
def your_rights(request: HttpRequest) -> HttpResponse:
    """The public page: what people may ask, in what time this school answers, where to complain, which cookies."""
    context = {
        "choices": [(choice, rules.RIGHTS[choice.kind]) for choice in CHOICES],
        "settings": this_school(),
        "own_from": rules.OWN_RIGHTS_FROM,
        "alone_from": rules.ALONE_FROM,
    }
    return render(request, "privacy/your_rights.html", context)
