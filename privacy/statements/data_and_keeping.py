"""Questions about which data the school keeps, and for how long."""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Retention
from kvs.retention import CHANGEABLE
from kvs.terms import Container, Trigger
from kvs.vocabulary import EXEMPTION_PERIOD
from privacy import words
from privacy.statements import does, sentences
from privacy.statements.kinds import (
    HOW_LONG,
    MONTHS,
    WHAT,
    YEARS,
    Kind,
    Setting,
    Statement,
    filled,
    length,
    one,
    option,
    silent,
)

WHICH_DATA = (
    Statement(
        "bsn",
        WHAT,
        _("Of whom does the school keep the BSN, says your text?"),
        (8,),
        (
            option("law", _("Only when a law makes us report with it"), "none"),
            option("none", _("Of nobody")),
            option(
                "all",
                _("Of every student, or it does not say of whom"),
                article="UAVG 46",
                why=_("A school may use the BSN only where a law says so."),
            ),
            option(
                "consent",
                _("Of who agrees"),
                article="UAVG 46",
                why=_("Consent is no ground for a BSN."),
            ),
            silent("none"),
        ),
        sentences.says(_("We keep your BSN only for courses where a law makes us report with it, and remove it when that ends.")),
        does.bsn,
        untrue="AVG 5(1)(a)",
        why=_("The software keeps a BSN where a law asks it. Your text has to say so."),
    ),
    Statement(
        "id_copy",
        WHAT,
        _("Does the school keep a copy of an identity document, says your text?"),
        (9,),
        (
            option("none", _("No")),
            option("masked", _("Only when the client asks, with photo and BSN covered"), "none"),
            option(
                "all",
                _("Yes, a whole copy"),
                article="AVG 5(1)(c), UAVG 46",
                why=_("Looking at a document is enough; on a copy stand photo and BSN."),
            ),
            silent("none"),
        ),
        sentences.says(_("We look at your identity document and note its kind and number. We make no copy.")),
        does.copies,
    ),
    Statement(
        "absence",
        WHAT,
        _("What does the school note when somebody is absent, says your text?"),
        (10, 40, 41),
        (
            option("none", _("That somebody was absent, without a reason")),
            option("reason", _("Also the reason: holiday, birth, illness, other. Never which illness"), "none"),
            option(
                "nature",
                _("Also which illness it is"),
                article="AVG 9(1)",
                why=_("What somebody has is health data. A school does not need it."),
            ),
            silent("none"),
        ),
        sentences.says(_("We note whether you were in the lesson. We never note which illness you have.")),
        does.absence,
    ),
    Statement(
        "screenshots",
        WHAT,
        _("Does the school keep screenshots of online lessons, says your text?"),
        (43,),
        (
            option("none", _("No")),
            option("proof", _("Yes, as proof for Blik op Werk or an invoice"), "none"),
            silent("none"),
        ),
        sentences.says(
            _("Of an online lesson we may keep a picture of who took part, as proof for Blik op Werk and the invoice.")
        ),
        does.uses("lesson_evidence", "proof"),
        untrue="AVG 5(1)(a)",
        why=_("The software keeps such pictures. Your text has to say so."),
    ),
)


def _period_question(retention: Retention) -> Statement:
    return Statement(
        f"kept_{retention.code}",
        HOW_LONG,
        filled(_("How long does the school keep %(what)s, says your text?"), what=lambda: words.retention_title(retention.code)),
        (24, 52, 53) if retention.container is Container.EXEMPTION else (24, 52),
        (silent(article="AVG 13(2)(a)", label=_("Our text names no period")),),
        sentences.period_of(retention),
        lambda school: length(school.periods[retention.code]),
        Kind.LENGTH,
        (YEARS, MONTHS),
        setting=Setting("privacy:period", (retention.code,)),
        confirmed=retention.confirmed,
    )


KEEPING = (
    # Case managers are not who this text speaks to.
    *(_period_question(found) for found in CHANGEABLE.values() if found.container is not Container.CLIENT_CONTACTS),
    Statement(
        "exemption_from",
        HOW_LONG,
        _("From when does the period of an exemption count, says your text?"),
        (53,),
        (
            option(Trigger.PROGRAMME_END.value, _("From the end of the last programme")),
            option("decision", _("From the day of the decision")),
            option(
                "unnamed",
                _("It names a period, but not from when"),
                article="AVG 13(2)(a)",
                why=_("Without a beginning nobody knows when it ends."),
            ),
            silent(),
        ),
        sentences.exemption_start,
        lambda _school: one(EXEMPTION_PERIOD.trigger.value),
        confirmed=EXEMPTION_PERIOD.confirmed,
    ),
    Statement(
        "exceptions",
        HOW_LONG,
        _("Does everything go at the end of the period, says your text?"),
        (27,),
        (
            option("named", _("No: it says that what the law demands stays")),
            option(
                "everything",
                _("Yes: all data about the person"),
                article="AWR 52(4)",
                why=_("Invoices must be kept seven years. What you promise cannot be done."),
            ),
            silent(),
        ),
        sentences.exceptions,
    ),
    Statement(
        "backups",
        HOW_LONG,
        _("When are erased data really gone, says your text?"),
        (26,),
        (
            option("at_once", _("At once: they cannot be got back")),
            option("backups", _("When the last backup with them is gone"), "at_once"),
            silent(),
        ),
        sentences.backups,
        lambda school: one("backups" if school.backup_days else "at_once"),
    ),
)
