"""What is given outside a report, in words: purposes and grounds to choose from, and why something may not be given."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs import catalogue
from kvs.vocabulary import CLIENT_REPORTS, DUO_EXAMS, DUO_FUNDING, QUALITY, SURVEY
from reporting import rules

# Purposes of the catalogue for which data leave the school (policy B 4.2), and the two grounds beside them.
PURPOSES: dict[str, Any] = {
    **{purpose.code: purpose.title for purpose in (CLIENT_REPORTS, DUO_FUNDING, DUO_EXAMS, QUALITY, SURVEY)},
    rules.LEGAL_DEMAND: gettext_lazy("a law or a court demands it (AVG 6(1)(c))"),
    rules.CONSENT: gettext_lazy("the student agreed to this, beforehand (AVG 6(1)(a))"),
}


def purpose_title(code: str) -> Any:
    """What a purpose or ground is called; its code when this version no longer has it."""
    return PURPOSES.get(code, code)


def sentence(reason: str, code: str) -> str:
    """Why something may not be given, to the colleague who wants to record it."""
    if reason in (rules.OBJECTED, rules.NO_LAW, rules.NO_CONSENT, rules.NO_CLIENT):
        return {
            rules.OBJECTED: _("The student objects to this purpose. Nothing may be given for it."),
            rules.NO_LAW: _("Name the law and the article. Without one there is no ground to give this."),
            rules.NO_CONSENT: _("Fill in on which day the student agreed. Without that there is no ground to give this."),
            rules.NO_CLIENT: _("This client does not pay for a course of this student. There is no ground to give it anything."),
        }[reason]
    known = {"what": catalogue.category(code).title}
    return {
        rules.NO_PURPOSE: _("%(what)s: this may not be given for this purpose. There is no ground for it."),
        rules.NO_RECIPIENT: _("%(what)s: this recipient may not receive this for this purpose. There is no ground for it."),
        rules.RESTRICTED: _("%(what)s: the use of these data is restricted. Ask the privacy officer."),
        rules.BSN_ONLY_BY_LAW: _("%(what)s: this is given only where a law says so. Consent is never enough (UAVG 46)."),
    }[reason] % known
