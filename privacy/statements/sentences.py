"""Better sentences for a policy text that name what this school does. In the language that is active; the text is Dutch."""

from collections.abc import Callable

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvs import vocabulary
from kvs.catalogue import Purpose, Recipient, Retention, Text
from kvs.templatetags.kvs import kept, length_of
from kvs.terms import RecipientRole, Rectify
from kvs.vocabulary import BOOKS, EXEMPTION_PERIOD
from privacy import rules, words
from privacy.models import PrivacyRequest
from privacy.statements import does
from privacy.statements.kinds import School

PURPOSES = [word for word in vars(vocabulary).values() if isinstance(word, Purpose)]
RECIPIENTS = [word for word in vars(vocabulary).values() if isinstance(word, Recipient)]


def says(sentence: Text) -> Callable[[School], str]:
    """A sentence that is the same for every school."""
    return lambda _school: str(sentence)


def purposes(school: School) -> str:
    """Everything the software uses data for."""
    used = does.purposes(school).codes
    titles = "; ".join(str(purpose.title) for purpose in PURPOSES if purpose.code in used)
    return _("We use your data for: %(purposes)s. For nothing else.") % {"purposes": titles}


def recipients(school: School) -> str:
    """Everybody who may receive data."""
    used = does.recipients(school).codes
    names = "; ".join(str(recipient.name) for recipient in RECIPIENTS if recipient.code in used)
    return _("We give data to: %(names)s. Only what each of them needs. To nobody else.") % {"names": names}


def role_of(recipient: Recipient) -> Callable[[School], str]:
    """What a recipient is, as the catalogue has it."""

    def better(_school: School) -> str:
        return {
            RecipientRole.CONTROLLER: _("%(name)s gets data from us and decides itself what happens with them (controller)."),
            RecipientRole.JOINT: _("%(name)s and we decide together what happens with the data (joint controllers)."),
            RecipientRole.PROCESSOR: _(
                "%(name)s works with the data on our orders only; that is laid down in an agreement (processor)."
            ),
        }[recipient.role] % {"name": capfirst(str(recipient.name))}

    return better


def period_of(retention: Retention) -> Callable[[School], str]:
    """How long this school keeps it."""

    def better(school: School) -> str:
        period = school.periods[retention.code]
        event = {"length": length_of(period), "event": retention.trigger.label}
        what = words.retention_title(retention.code)
        return _("How long we keep %(what)s: %(kept)s.") % {"what": what, "kept": _("%(length)s after %(event)s") % event}

    return better


def exemption_start(school: School) -> str:
    """From when the period of an exemption counts."""
    start = {"length": length_of(school.periods[EXEMPTION_PERIOD.code]), "event": EXEMPTION_PERIOD.trigger.label}
    return _("We keep proof of an exemption %(length)s, counted from %(event)s.") % start


def exceptions(_school: School) -> str:
    """What the law makes the school keep."""
    return _("What the law makes us keep longer stays: invoices %(kept)s (AWR 52). We use them for nothing else.") % {
        "kept": kept(BOOKS)
    }


def backups(school: School) -> str:
    """How long erased data are still in backups."""
    return ngettext(
        "What was erased is still in our backups for %(days)d day at most, encrypted. If one is put back, we erase it again.",
        "What was erased is still in our backups for %(days)d days at most, encrypted. If one is put back, we erase it again.",
        school.backup_days,
    ) % {"days": school.backup_days}


def rights(_school: School) -> str:
    """Every right that can be asked for."""
    labels = [str(PrivacyRequest.Kind(kind).label) for kind in rules.KINDS]
    return _("You may always ask us for: %(rights)s. That costs nothing.") % {"rights": ", ".join(labels)}


def corrections(_school: School) -> str:
    """What people change themselves whole, and what they propose."""
    ways = {str(category.title): {row.rectify for row in does.used() if row.code == category.code} for category in does.used()}
    direct = sorted(title for title, found in ways.items() if found == {Rectify.DIRECT})
    return _(
        "By signing in you see all your data. What stands under “%(titles)s” you change yourself at once. For "
        "the rest you send a proposal; we look at it and tell you what we decided."
    ) % {"titles": "”, “".join(direct)}


def answered(school: School) -> str:
    """The school's term."""
    return _("We answer your request within %(answer)d days, and never later than one month after we got it.") % {
        "answer": school.answer_days
    }


def extended(school: School) -> str:
    """The school's extension."""
    return _("If we need more time, we say so and why within the first term. It is then at most %(more)d days longer.") % {
        "more": school.extension_days
    }


def ages(_school: School) -> str:
    """Who asks for somebody young."""
    return _(
        "From %(alone)d years on you decide about your data yourself. From %(own)d to %(before)d you and your "
        "parent or guardian may both ask; below that only they."
    ) % {"alone": rules.ALONE_FROM, "own": rules.OWN_RIGHTS_FROM, "before": rules.ALONE_FROM - 1}


def cookies(school: School) -> str:
    """How many cookies, and why."""
    return ngettext(
        "Our student system uses %(count)d cookie. It is strictly necessary to stay signed in. No other cookies are used.",
        "Our student system uses %(count)d cookies. They are strictly necessary to stay signed in. No other cookies are used.",
        school.cookies,
    ) % {"count": school.cookies}
