"""Template tags of every page (a built-in library: no `{% load %}` needed)."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import segno
from django import template
from django.conf import settings
from django.template import Context, Node, Variable
from django.template.base import FilterExpression, Parser, TextNode, Token
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from lucide.templatetags.lucide import lucide

from kvs.catalogue import Retention
from kvs.models import Organisation
from kvs.terms import Period

register = template.Library()


@cache
def icon(name: str, size: int = 20) -> SafeString:
    """A lucide icon as inline SVG, hidden from screen readers: the word stands beside it. Raises on an unknown name.

    size: pixels. The class `icon-<name>` lets the stylesheet turn arrows in right-to-left pages.
    """
    attributes = {"class": f"icon icon-{name}", "aria_hidden": "true", "focusable": "false"}
    return SafeString(lucide(name, size=size, **attributes))


class IconNode(Node):
    """An icon whose name or size is known only in the page."""

    def __init__(self, *asked: FilterExpression) -> None:
        self.asked = asked

    def render(self, context: Context) -> SafeString:
        """The SVG."""
        return SafeString(icon(*(part.resolve(context) for part in self.asked)))


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> Node:
    """`{% icon "check" 16 %}`: function `icon`. One that is written out is drawn while the template is compiled: a register
    has three hundred.
    """
    asked = [parser.compile_filter(part) for part in token.split_contents()[1:]]
    node = IconNode(*asked)
    return node if any(isinstance(part.var, Variable) for part in asked) else TextNode(node.render(Context()))


@register.simple_tag
def qr(text: str, name: str) -> SafeString:
    """`text` as a QR code in inline SVG, announced as `name`. Safe: segno draws squares, the text itself is not in it.

    Level M: readable with a scratch or a fold. Raises segno.DataOverflowError above some 2300 characters.
    """
    drawing = segno.make(text, micro=False, error="m").svg_inline(omitsize=True, svgclass="qr", lineclass=None, border=2)
    return format_html('<span role="img" aria-label="{}">{}</span>', name, SafeString(drawing))


@register.inclusion_tag("components/demo_strip.html")
def demo_strip() -> dict[str, bool]:
    """The strip that says DEMO. From the settings: error pages are rendered without a request, paper without a frame."""
    return {"demo": settings.DEMO}


@register.inclusion_tag("components/sort_head.html", takes_context=True)
def sort_head(context: Context, column: str, label: str, css: str = "") -> dict[str, str]:
    """The head of a column that can be sorted by; `page` of the context is the list (kvs.pages.ListPage)."""
    page = context["page"]
    return {"label": label, "css": css, "url": page.sort_url(column), "direction": page.direction(column)}


@register.simple_tag
def controller() -> Organisation | None:
    """The school with its address and contacts, for pages and papers that say who is responsible (AVG 13(1)(a))."""
    return Organisation.objects.first()


@register.filter
def hours(minutes: int | None) -> str:
    """Minutes as hours of at most two decimals: 210 -> "3,5", 132840 -> "2.214". None -> a dash."""
    if minutes is None:
        return "–"  # the en dash is what people read as "none"
    exact = (Decimal(minutes) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(number_format(f"{exact.normalize():f}", force_grouping=True))


@register.filter
def money(cents: int | None) -> str:
    """Euro cents as an amount: 125000 -> "€ 1.250,00" (with a space that does not break). None -> a dash."""
    if cents is None:
        return "–"
    return f"€\N{NO-BREAK SPACE}{number_format(Decimal(cents) / 100, decimal_pos=2, force_grouping=True)}"


@register.filter
def kept(retention: Retention) -> str:
    """How long the school keeps something: "3 jaar na het einde van het laatste traject"."""
    length, event = length_of(retention.period), {"event": retention.trigger.label}
    if not length:
        return _("until %(event)s") % event
    return _("%(length)s after %(event)s") % {"length": length, **event}


def length_of(period: Period) -> str:
    """A length of time as people say it, "3 jaar"; nothing when it has none."""
    lengths = (
        (period.years, ngettext("%(count)d year", "%(count)d years", period.years)),
        (period.months, ngettext("%(count)d month", "%(count)d months", period.months)),
        (period.days, ngettext("%(count)d day", "%(count)d days", period.days)),
        (period.hours, ngettext("%(count)d hour", "%(count)d hours", period.hours)),
    )
    return " ".join(text % {"count": count} for count, text in lengths if count)
