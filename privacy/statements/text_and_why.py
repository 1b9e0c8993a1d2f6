"""Questions about the text itself, and about why and for whom the school uses data."""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Recipient
from kvs.terms import RecipientRole
from kvs.vocabulary import BLIK_OP_WERK, DUO, MUNICIPALITY, SURVEYOR
from privacy.statements import does, sentences
from privacy.statements.kinds import NOBODY, TEXT, WHY, Kind, Option, Statement, filled, one, option, silent

THE_TEXT = (
    Statement(
        "law",
        TEXT,
        _("Which law does your text rest on?"),
        (1, 34),
        (
            option("avg", _("The AVG")),
            option(
                "wbp",
                _("The Wet bescherming persoonsgegevens (Wbp), or a number of the Registratiekamer"),
                article="AVG 94(1), 99(2)",
                why=_("The AVG took its place on 25 May 2018. Reporting a registration is not needed since."),
            ),
            silent(),
        ),
        sentences.says(_("We keep to the Algemene verordening gegevensbescherming (AVG) and the Uitvoeringswet AVG (UAVG).")),
    ),
    Statement(
        "special",
        TEXT,
        _("Which data does your text call special?"),
        (35,),
        (
            option("all", _("All that the law names, also genetic and biometric data, sex life and sexual orientation")),
            option(
                "part",
                _("A shorter list"),
                article="AVG 9(1)",
                why=_("What is not in your list is protected just the same."),
            ),
            silent(),
        ),
        sentences.says(
            _(
                "Special personal data say something about race or ethnic origin, political opinions, religion "
                "or belief, trade union membership, health, sex life or sexual orientation, or are genetic data, "
                "or biometric data to identify somebody."
            )
        ),
    ),
    Statement(
        "updates",
        TEXT,
        _("What does your text say about changes of the text?"),
        (31, 32),
        (
            option("told", _("We tell people what changes")),
            option(
                "using",
                _("Who goes on using our services, agrees"),
                article="AVG 4(11), 7(1)",
                why=_("Consent is a clear act. Going on with a course is none."),
            ),
            silent(),
        ),
        sentences.says(_("If something important changes, we tell you beforehand: what changes, why, and from when.")),
    ),
    Statement(
        "complaints",
        TEXT,
        _("Where can people complain, says your text?"),
        (72,),
        (
            option("authority", _("With us and with the Autoriteit Persoonsgegevens (AP)")),
            option(
                "own",
                _("With us only"),
                article="AVG 13(2)(d)",
                why=_("Everybody may go to the authority. Your text must say so."),
            ),
            silent(article="AVG 13(2)(d)"),
        ),
        sentences.says(
            _(
                "You have a complaint? Tell us. You may also complain to the Autoriteit Persoonsgegevens, "
                "autoriteitpersoonsgegevens.nl."
            )
        ),
    ),
    Statement(
        "contact",
        TEXT,
        _("Whom can people write to, says your text?"),
        (4, 5),
        (
            option("named", _("The name of the school, and a person or address for questions about data")),
            silent(article="AVG 13(1)(a), 13(1)(b)"),
        ),
        sentences.says(
            _("Questions about your data? Write to our privacy officer: [name, e-mail address, address of the school].")
        ),
    ),
)


def _role_question(recipient: Recipient) -> Statement:
    """What the text calls a recipient. Only where the role is certain it is the law that is broken."""
    return Statement(
        f"role_{recipient.code}",
        WHY,
        filled(_("What does your text call %(name)s?"), name=lambda: recipient.name),
        (36,),
        (
            option(RecipientRole.CONTROLLER.value, _("Somebody who gets data and is responsible for them")),
            option(RecipientRole.JOINT.value, _("Responsible together with us")),
            option(RecipientRole.PROCESSOR.value, _("Our processor")),
            silent(),
        ),
        sentences.role_of(recipient),
        lambda _school: one(recipient.role.value),
        untrue="AVG 4(7), 4(8)" if recipient.confirmed else "",
        why=_("Only who works on your orders is a processor.") if recipient.role == RecipientRole.CONTROLLER else "",
        confirmed=recipient.confirmed,
    )


WHY_AND_FOR_WHOM = (
    Statement(
        "purposes",
        WHY,
        _("For what does the school use data, says your text?"),
        (12, 44, 47),
        (*(option(purpose.code, purpose.title) for purpose in sentences.PURPOSES), silent(article="AVG 13(1)(c)")),
        sentences.purposes,
        does.purposes,
        Kind.MANY,
        untrue="AVG 13(1)(c)",
        why=_("Your text does not name everything the software uses data for."),
    ),
    Statement(
        "recipients",
        WHY,
        _("To whom does the school give data, says your text?"),
        (14, 15, 16, 17, 23),
        (
            *(option(recipient.code, recipient.name) for recipient in sentences.RECIPIENTS),
            Option(NOBODY, _("It says that data are not shared with others")),
            silent(article="AVG 13(1)(e)"),
        ),
        sentences.recipients,
        does.recipients,
        Kind.MANY,
        untrue="AVG 13(1)(e)",
        why=_("A text that says that nothing is shared, or leaves somebody out, is not true: the school reports to others."),
    ),
    *(_role_question(recipient) for recipient in (DUO, MUNICIPALITY, BLIK_OP_WERK, SURVEYOR)),
    Statement(
        "transfers",
        WHY,
        _("Do data go to countries outside the European Economic Area, says your text?"),
        (63,),
        (option("none", _("No")), option("some", _("Yes")), silent("none")),
        sentences.says(_("We give your data to nobody outside the European Economic Area.")),
        does.transfers,
    ),
    Statement(
        "consent",
        WHY,
        _("Does who signs the contract give consent, says your text?"),
        (33, 44, 45),
        (
            option(
                "signing",
                _("Yes: signing is consent to the use of the data"),
                article="AVG 7(2), 7(4)",
                why=_(
                    "Consent is given apart, for one purpose, and may be refused. The course does not need it: "
                    "it rests on the agreement."
                ),
            ),
            option("apart", _("No: consent is asked apart, for each purpose"), "none"),
            option("none", _("No: we never ask for consent")),
            silent(),
        ),
        sentences.says(
            _(
                "With the contract you do not give consent for the use of your data. For your course we need "
                "them to do what we agreed, or because a law says so. If we want something else, we ask you "
                "apart. You may say no, and take back a yes at any time."
            )
        ),
        does.consent,
    ),
)
