"""Where the privacy officer begins: what there is, and what waits."""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from kvs.access import KvsRequest, role_required
from kvs.models import Role


class Section(NamedTuple):
    """A part of the privacy work, for who holds one of `roles`. Dotted names of functions of the user: `waiting`, how much
    waits; `alarms`, sentences about what is too late.
    """

    title: str | Promise
    explanation: str | Promise
    url_name: str
    icon: str
    roles: frozenset[Role]
    waiting: str = ""
    alarms: str = ""


SECTIONS: tuple[Section, ...] = (
    Section(
        _("Data breaches"),
        _("What went wrong with data, who must be told, and by when."),
        "privacy:incidents",
        "siren",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        waiting="privacy.models.incidents.waiting_for",
    ),
    Section(
        _("Requests"),
        _("What people ask about their data, until when you have, and what you answered."),
        "privacy:requests",
        "inbox",
        frozenset({Role.PRIVACY_OFFICER}),
        waiting="privacy.models.requests.waiting_for",
        alarms="privacy.models.requests.alarms_for",
    ),
    Section(
        _("Complaints"),
        _("What somebody says went wrong, who handles it, and what you answered."),
        "privacy:complaints",
        "message-square-warning",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        waiting="privacy.models.complaints.waiting_for",
        alarms="privacy.models.complaints.alarms_for",
    ),
    Section(
        _("Restrictions and objections"),
        _("What may not be done with somebody's data for now, and when to look again."),
        "privacy:restrictions",
        "shield-alert",
        frozenset({Role.PRIVACY_OFFICER}),
        waiting="privacy.models.restrictions.waiting_for",
        alarms="privacy.models.withheld.alarms_for",
    ),
    Section(
        _("Consents"),
        _("What students allow, per purpose, and whom to ask before a private client hears anything."),
        "privacy:consent_list",
        "thumbs-up",
        frozenset({Role.PRIVACY_OFFICER}),
        waiting="privacy.consents.waiting_for",
    ),
    Section(
        _("Copies of everything"),
        _("A person asks what the school knows: make the copy and hand it over."),
        "privacy:exports",
        "file-archive",
        frozenset({Role.PRIVACY_OFFICER}),
        "privacy.views.exports.waiting_for",
    ),
    Section(
        _("Erasures"),
        _("What waits for a second person, what is held, and what was erased."),
        "privacy:erasures",
        "trash-2",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        "privacy.views.erasures.waiting_for",
    ),
    Section(
        _("Keeping and erasing"),
        _("Whose file goes within 30 days, programmes without an end, and how long the school keeps what."),
        "privacy:retention",
        "calendar-clock",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        "privacy.views.retention.waiting_for",
    ),
    Section(
        _("Paper files"),
        _("Where the paper of students lies, and what has to be destroyed because the file is erased."),
        "privacy:papers",
        "archive",
        frozenset({Role.PRIVACY_OFFICER}),
        waiting="privacy.models.paper.waiting_for",
        alarms="privacy.models.paper.alarms_for",
    ),
    Section(
        _("Privacy policy"),
        _("The versions of the school's own policy, and telling everybody of an important change."),
        "privacy:policies",
        "scroll-text",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        alarms="privacy.views.policy.alarms_for",
    ),
    Section(
        _("Processing register"),
        _("What the school does with data, its versions, and what changed between two of them."),
        "privacy:register",
        "book-open-check",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        alarms="privacy.views.register.alarms_for",
    ),
    Section(
        _("Your policy and the software"),
        _("Where your own privacy policy says something else than the software does or the law allows, with a better sentence."),
        "privacy:statements",
        "file-search",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        "privacy.views.statements.waiting_for",
    ),
    Section(
        _("Who may see what"),
        _("Twice a year: every role and exception, line by line. What stays, what ends, and who signed."),
        "privacy:reviews",
        "user-check",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
        waiting="privacy.actions.reviews.waiting_for",
        alarms="privacy.actions.reviews.alarms_for",
    ),
    Section(
        _("Statements of colleagues"),
        _("What everybody states before seeing data: confidentiality and instruction, with versions."),
        "statement_texts",
        "signature",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Section(
        _("Exemptions"),
        _("Somebody at the desk asks for proof of an exemption of years ago."),
        "privacy:exemptions",
        "stamp",
        frozenset({Role.PRIVACY_OFFICER}),
    ),
    Section(
        _("Digests of the days"),
        _("What shows, on paper and in the mail, that no signed register was changed afterwards."),
        "attendance:nights",
        "file-check",
        frozenset({Role.PRIVACY_OFFICER, Role.MANAGEMENT}),
    ),
)


@require_GET
@role_required(Role.PRIVACY_OFFICER, Role.MANAGEMENT)
def overview(request: KvsRequest) -> HttpResponse:
    """Every part of the privacy work this person may open, with the number of things that wait there."""
    mine = [section for section in SECTIONS if request.user.has_role(*section.roles)]
    sections = [
        {
            "title": section.title,
            "explanation": section.explanation,
            "url": reverse(section.url_name),
            "icon": section.icon,
            "waiting": import_string(section.waiting)(request.user) if section.waiting else 0,
        }
        for section in mine
    ]
    alarms = [text for section in mine if section.alarms for text in import_string(section.alarms)(request.user)]
    return render(request, "privacy/overview.html", {"sections": sections, "alarms": alarms})
