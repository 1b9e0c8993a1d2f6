"""Questions about the rights of people, and about safety."""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Text
from privacy import rules
from privacy.models import PrivacyRequest
from privacy.statements import does, sentences
from privacy.statements.kinds import (
    DAYS,
    MONTHS,
    RIGHTS,
    SAFETY,
    UNIT_DAYS,
    WEEKS,
    Answer,
    Kind,
    School,
    Setting,
    Statement,
    one,
    option,
    silent,
)


def _term_question(key: str, question: Text, better: Callable[[School], str], days: Callable[[School], int]) -> Statement:
    first = key == "answer"
    months = rules.LAW_MONTHS if first else rules.LAW_MONTHS_EXTENDED - rules.LAW_MONTHS
    return Statement(
        key,
        RIGHTS,
        question,
        (68,),
        (silent(label=_("Our text names no period")),),
        better,
        lambda school: Answer(number=days(school), unit=DAYS),
        Kind.LENGTH,
        (DAYS, WEEKS, MONTHS),
        untrue="AVG 12(3)",
        why=_("The law gives one month.") if first else _("The law gives at most two months more."),
        limit=months * UNIT_DAYS[MONTHS],
        setting=Setting("privacy:terms"),
    )


WHAT_PEOPLE_MAY = (
    Statement(
        "rights",
        RIGHTS,
        _("What may people ask, says your text?"),
        (29, 65, 67, 71),
        (
            *(option(kind, PrivacyRequest.Kind(kind).label) for kind in rules.KINDS),
            silent(article="AVG 13(2)(b)"),
        ),
        sentences.rights,
        lambda _school: one(*rules.KINDS),
        Kind.MANY,
        untrue="AVG 13(2)(b), 13(2)(c)",
        why=_("Your text has to name every right."),
    ),
    Statement(
        "correction",
        RIGHTS,
        _("What can students change themselves, says your text?"),
        (28,),
        (
            option("all", _("Everything, at once, by signing in")),
            option("some", _("Some things at once; the rest they ask"), "all"),
            option("ask", _("Nothing: they ask us"), "some", "all"),
            silent(),
        ),
        sentences.corrections,
        does.correction,
    ),
    _term_question(
        "answer",
        _("Within how long do you answer a request, says your text?"),
        sentences.answered,
        lambda school: school.answer_days,
    ),
    _term_question(
        "extension",
        _("How much longer can it take, says your text?"),
        sentences.extended,
        lambda school: school.extension_days,
    ),
    Statement(
        "refusal",
        RIGHTS,
        _("When may the school refuse, says your text?"),
        (66, 69),
        (
            option("law", _("For reasons the law names")),
            option(
                "own",
                _("Also for other reasons, such as too much work"),
                article="AVG 12(5), 17(3)",
                why=_("The law has a closed list. “Unreasonable effort” is not on it."),
            ),
            silent(),
        ),
        sentences.says(
            _(
                "We refuse only for a reason that the law names. Then we write which reason it is, and where you "
                "can complain or go to court."
            )
        ),
        does.refusal,
    ),
    Statement(
        "identity",
        RIGHTS,
        _("How does the school check who asks, says your text?"),
        (64,),
        (
            option(rules.SEEN, _("We look at a document")),
            option(
                "copy",
                _("We ask for a copy of a document"),
                article="AVG 5(1)(c), 12(6)",
                why=_("Looking is enough; a copy is more than you need."),
            ),
            silent(),
        ),
        sentences.says(_("If we are not sure that it is you, we ask to see your identity document. We make no copy.")),
        lambda _school: one(rules.SEEN if rules.SEEN in rules.METHODS else rules.SIGNED_IN),
    ),
    Statement(
        "age",
        RIGHTS,
        _("Until what age do parents ask for their child, says your text?"),
        (29,),
        (
            option("16", _("Until 16 years, and from 12 together with the child")),
            option(
                "18",
                _("Until 18 years"),
                article="UAVG 5",
                why=_("From 16 years on young people decide themselves (text of 1 September 2026)."),
            ),
            silent(),
        ),
        sentences.ages,
        lambda _school: one(str(rules.ALONE_FROM)),
    ),
)


SAFE = (
    Statement(
        "cookies",
        SAFETY,
        _("Which cookies does the student system use, says your text?"),
        (22,),
        (
            option("none", _("None")),
            option("necessary", _("Only what is necessary to stay signed in"), "none"),
            option(
                "more",
                _("Also others, for statistics or advertising"),
                article="Tw 11.7a",
                why=_("The software sets none of those, and they would need consent."),
            ),
            silent(),
        ),
        sentences.cookies,
        lambda school: one("necessary" if school.cookies else "none"),
    ),
    Statement(
        "sign_in",
        SAFETY,
        _("How do colleagues get in, says your text?"),
        (18, 60),
        (
            option("password", _("With a name and password of their own"), "second"),
            option("second", _("With a password and a second step")),
            option(
                "shared",
                _("Several colleagues use one account"),
                article="AVG 32(1)",
                why=_("Then nobody can show who did what."),
            ),
            silent(),
        ),
        sentences.says(_("Every colleague signs in with an account of her or his own, a password and a second step.")),
        lambda school: one("second" if school.second_step else "password"),
    ),
    Statement(
        "encryption",
        SAFETY,
        _("What is encrypted, says your text?"),
        (19,),
        (
            option("sensitive", _("What is sensitive"), "all"),
            option("all", _("Everything")),
            silent(),
        ),
        sentences.says(
            _("Numbers that identify you, health data and files are stored encrypted; so are the backups and every connection.")
        ),
        does.encryption,
    ),
)
