"""Words and signs for what a register holds: `{% load attendance %}`."""

from django import template
from django.utils.safestring import SafeString

from attendance import rules
from attendance.models import Mark
from kvs.templatetags.kvs import icon

register = template.Library()

SIGNS = {rules.PRESENT: "check", rules.ABSENT: "x", rules.LATE: "clock", rules.REPORTED: "phone", rules.LEFT_EARLY: "log-out"}


@register.filter
def state_label(state: str) -> str:
    """The word for a state; nothing for an unknown or empty one."""
    return str(Mark.State(state).label) if state in Mark.State.values else ""


@register.simple_tag
def state_icon(state: str, size: int = 20) -> SafeString:
    """The sign of a state, `size` pixels; of a proposal or a lesson without a mark a dashed circle."""
    return SafeString(icon(SIGNS.get(state, "circle-dashed"), size))
