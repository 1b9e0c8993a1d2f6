"""The banner of every page that something important changed. base.html asks for it only once a school announced something."""

from typing import Any

from django import template
from django.template import Context

from kvs.models import User
from privacy.models import PolicyNotice

register = template.Library()


@register.inclusion_tag("privacy/_banner.html", takes_context=True)
def unread_notice(context: Context) -> dict[str, Any]:
    """The newest notice this person has not read yet, if any."""
    request = context.get("request")
    user = getattr(request, "account", None) or getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    unread = PolicyNotice.objects.to(user).filter(read_at__isnull=True)
    notice = unread.select_related("announcement__policy", "announcement__register").order_by("-announcement__made_at").first()
    return {"notice": notice, "here": request.path if request else ""}
