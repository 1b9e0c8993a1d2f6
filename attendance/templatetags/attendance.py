"""Words and signs for what a register holds: `{% load attendance %}`."""

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.absence_reasons import VERDICT_LABELS
from attendance.models import Mark
from kvs.templatetags.kvs import icon

register = template.Library()

SIGNS = {rules.PRESENT: "check", rules.ABSENT: "x", rules.LATE: "clock", rules.REPORTED: "phone", rules.LEFT_EARLY: "log-out"}
LABELS = dict(Mark.State.choices)


@register.filter
def state_label(state: str) -> str:
    """The word for a state; nothing for an unknown or empty one."""
    return str(LABELS.get(state, ""))


@register.simple_tag
def state_icon(state: str) -> SafeString:
    """The sign of a state; of a proposal or a lesson without a mark a dashed circle."""
    return SafeString(icon(SIGNS.get(state, "circle-dashed")))


EVIDENCE = {
    rules.BOTH: ("smartphone", _("student and teacher")),
    rules.TEACHER_ONLY: ("user-pen", _("teacher only")),
    rules.STUDENT_ONLY: ("user-x", _("student only")),
    rules.PAPER: ("file-pen", _("initials on paper")),
    rules.NO_EVIDENCE: ("circle-dashed", _("no evidence")),
}


@register.filter
def evidence_label(found: str) -> str:
    """Who stands behind a mark, in words."""
    return str(EVIDENCE[found][1])


@register.simple_tag
def evidence_sign(found: str) -> SafeString:
    """The sign of it."""
    return SafeString(icon(EVIDENCE[found][0], 16))


def _mark(state: str, sign: str | SafeString = "") -> SafeString:
    return format_html('<span class="mark" data-state="{}">{}</span>', state, sign)


NO_MARK = _mark("")
MARKS = {state: _mark(state, icon(sign, 12)) for state, sign in (SIGNS | {rules.REPORTED: "minus"}).items()}


class Choice(NamedTuple):
    """A state to choose, for one page: `face` is what stands beside its radio button, `mark` its small box."""

    state: str
    label: str
    face: SafeString
    mark: SafeString


def choices() -> list[Choice]:
    """All states in the order of the digits that choose them."""
    return [_choice(str(digit), state) for digit, state in enumerate((*rules.TAP_CYCLE, rules.LEFT_EARLY), start=1)]


def _choice(digit: str, state: str) -> Choice:
    label, face = state_label(state), '<kbd class="with-script">{}</kbd> {} <span data-word>{}</span>'
    return Choice(state, label, format_html(face, digit, state_icon(state), capfirst(label)), MARKS[state])


@register.simple_tag
def state_buttons(key: str, chosen: str, states: list[Choice]) -> SafeString:
    """Radio buttons of `states` for the student with `key`. Written at once: a loop over five states in the template of
    each student took a quarter of the time of the page. Safe: the key is escaped, states are codes, faces are safe.
    """
    name = conditional_escape(key)
    return SafeString(
        "\n".join(
            f'<label><input type="radio" name="{name}-state" value="{choice.state}"'
            f"{' checked' if choice.state == chosen else ''}> {choice.face}</label>"
            for choice in states
        )
    )


@register.simple_tag
def state_marks(states: Iterable[str]) -> SafeString:
    """A row of lessons, each state as a small box; empty for a lesson without a mark."""
    return SafeString("\n".join(MARKS.get(state, NO_MARK) for state in states))


@register.simple_tag
def state_mark(state: str) -> SafeString:
    """The small box of one state."""
    return MARKS.get(state, NO_MARK)


@register.filter
def verdict_label(verdict: str) -> str:
    """Excused or not, in words; nothing for who was there."""
    return str(VERDICT_LABELS.get(verdict, ""))
