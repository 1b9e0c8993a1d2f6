"""Pages of statements: the one everybody passes before seeing data, and the texts of the school with their versions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from kvs import statements
from kvs.access import STAFF, KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Organisation, Role, Statement, StatementKind, StatementText
from kvs.pages import form_page

WRITERS = (Role.ADMINISTRATION, Role.PRIVACY_OFFICER)
AGREE = {
    StatementKind.CONFIDENTIALITY: gettext_lazy("I have read this and keep to it: I keep these data secret"),
    StatementKind.INSTRUCTION: gettext_lazy("I have read and understood this, and I work this way"),
}


class StateForm(forms.Form):
    """A tick for each text, and which version was on the page."""

    def __init__(self, *args: Any, texts: list[StatementText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.texts = texts
        unticked = {"required": _("Read the text and tick this box to go on.")}
        for text in texts:
            agree = AGREE[StatementKind(text.kind)]
            self.fields[text.kind] = forms.BooleanField(label=agree, error_messages=unticked)
            self.fields[f"{text.kind}_number"] = forms.IntegerField(widget=forms.HiddenInput, initial=text.number)

    def clean(self) -> dict[str, Any]:
        """A text that changed while it was read is read and ticked anew."""
        data = super().clean() or {}
        for text in self.texts:
            if data.get(text.kind) and data.get(f"{text.kind}_number") != text.number:
                self.add_error(text.kind, _("The text changed while you were reading. Read the new one, then state again."))
                typed: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
                typed.pop(text.kind)
                self.data = typed
        return data

    def seen(self) -> dict[str, int]:
        """Kind -> version that was on the page."""
        return {text.kind: self.cleaned_data[f"{text.kind}_number"] for text in self.texts}

    def parts(self) -> list[tuple[StatementText, forms.BoundField, forms.BoundField]]:
        """Each text with its fields."""
        return [(text, self[text.kind], self[f"{text.kind}_number"]) for text in self.texts]


class TextForm(forms.Form):
    """The next version of a text."""

    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 18, "lang": "nl"}),
        help_text=gettext_lazy("A blank line begins a new paragraph."),
    )
    important = forms.BooleanField(
        label=gettext_lazy("This is an important change: everybody states again before going on"),
        required=False,
        help_text=gettext_lazy("Without this, statements of an earlier version hold until their year is over."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_http_methods(["GET", "POST"])
@role_required(*STAFF)
def state(request: KvsRequest) -> HttpResponse:
    """State confidentiality and instruction, then on to where one wanted to go; or see until when they hold."""
    until = statements.held_by(request.account)
    form = StateForm(request.POST if request.method == "POST" else None, texts=statements.to_state(request.account, until))
    goal = request.POST.get("next", request.GET.get("next", ""))
    safe = goal if url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure()) else ""
    context = {
        "next": safe,
        "missing": statements.missing(request.account),
        "held": [(kind, until[kind]) for kind in StatementKind if kind in until],
        "title": _("Statements"),
    }

    def act() -> list[Statement]:
        return statements.state(user=request.account, seen=form.seen())

    def done(_made: list[Statement]) -> str:
        messages.success(request, _("Thank you. Your statements are saved."))
        return safe or reverse("home")

    if request.method == "POST" and not form.texts:  # a second tab, or the button twice
        return form_page(request, forms.Form({}), act=list, done=done, template="kvs/statements.html", **context)
    return form_page(request, form, act=act, done=done, template="kvs/statements.html", **context)


@require_GET
@role_required(*WRITERS)
def text_list(request: KvsRequest) -> HttpResponse:
    """The text of each kind with its versions, and who still has to state."""
    rows = StatementText.objects.select_related("made_by").annotate(times=Count("statements")).order_by("kind", "-number")
    versions: dict[str, list[StatementText]] = {}
    for row in rows:
        versions.setdefault(row.kind, []).append(row)
    texts = statements.current_texts()
    context = {
        "parts": [(StatementKind(kind), text, versions.get(kind, [])) for kind, text in texts.items()],
        "without": statements.without(timezone.localdate()),
        "months": Organisation.objects.values_list("statement_months", flat=True).get(),
    }
    return render(request, "kvs/statement_texts.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*WRITERS)
def text_edit(request: KvsRequest, kind: str) -> HttpResponse:
    """Make the next version of a text."""
    if kind not in StatementKind.values:
        raise Http404
    now = statements.current_texts()[kind]
    form = TextForm(form_data(request), initial={"text": now.text, "version": now.number, "important": False})

    def act() -> StatementText:
        typed = form.cleaned_data
        text, number = typed["text"].replace("\r\n", "\n"), typed["version"] or 0
        return statements.publish(kind=kind, text=text, important=typed["important"], number=number, by=request.user)

    def done(made: StatementText) -> str:
        messages.success(request, _("Version %(number)d is in force.") % {"number": made.number})
        return reverse("statement_texts")

    title = capfirst(str(StatementKind(kind).label))
    parent = {"parent": _("Statements of colleagues"), "parent_url": reverse("statement_texts")}
    return form_page(request, form, act=act, done=done, title=title, verb=_("Make this version"), **parent)
