"""The words of the data catalogue: purposes, recipients and periods, each with the sentence it rests on.

With kvs/categories.py the only file of the ground floor that speaks about the school's work: they are the school's
privacy statement as data, and one page must show all of it. References: "A: ..." is a literal sentence of the privacy
policy of Meester in NT2 (3.0, 2019), "B 4.2.1" an article of the one of JAR Opleidingen (5.0, 2020), anything else a
law. What a lawyer has not confirmed yet says `confirmed=False` and is shown as such (domain notes of 2026-11-22, open
questions).
"""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Purpose, Recipient, Retention
from kvs.terms import Basis, Container, Period, RecipientRole, Trigger

# --- why
TEACHING_PURPOSE = Purpose(
    "teaching",
    _("giving lessons at the right level and guiding you"),
    Basis.CONTRACT,
    ("A: Het volgen van uw voortgang als cursist.", "B 4.2.1"),
)
PROGRESS = Purpose(
    "progress",
    _("keeping track of presence and progress"),
    Basis.CONTRACT,
    ("A: Het volgen van uw voortgang als cursist.", "B 4.2.3"),
)
CLIENT_REPORTS = Purpose(
    "client_reports",
    _("reporting to the municipality or client that pays for the course"),
    Basis.LEGITIMATE_INTEREST,
    ("A: Rapporteren aan gemeenten en opdrachtgevers.", "B 2.2"),
    confirmed=False,
)
DUO_FUNDING = Purpose(
    "duo_funding",
    _("arranging the financing of the course with DUO"),
    Basis.LEGAL_DUTY,
    ("A: Rapporteren aan de Dienst Uitvoering Onderwijs.", "B 4.2.2", "Regeling inburgering 4.2"),
    allows_bsn=True,
    confirmed=False,
)
DUO_EXAMS = Purpose(
    "duo_exams",
    _("applying for and registering exams with DUO"),
    Basis.LEGAL_DUTY,
    ("A: Rapporteren aan de Dienst Uitvoering Onderwijs.", "B 4.2.5", "Besluit inburgering 6.2"),
    allows_bsn=True,
    confirmed=False,
)
QUALITY = Purpose(
    "quality",
    _("accounting to Blik op Werk for the quality mark"),
    Basis.LEGITIMATE_INTEREST,
    ("A: Rapporteren aan de keurmerkinstantie Blik op Werk.", "B 4.1.3"),
)
SURVEY = Purpose(
    "survey",
    _("the satisfaction survey for the quality mark"),
    Basis.LEGITIMATE_INTEREST,
    ("A: Tevens worden gegevens gedeeld m.b.t. het verplichte tevredenheidsonderzoek van Blik op Werk.", "B 4.2.4"),
)
DIRECT_DEBIT = Purpose("direct_debit", _("collecting course fees by direct debit"), Basis.CONTRACT, ("B 4.2.6",))
DIPLOMAS = Purpose("diplomas", _("having diplomas valued"), Basis.CONTRACT, ("B 4.2.7",))
EXEMPTION_ADVICE = Purpose(
    "exemption_advice",
    _("asking for medical advice about an exemption from civic integration"),
    Basis.CONSENT,
    ("B 4.2.8",),
    special_ground="AVG 9(2)(a)",
)
EXEMPTION_PROOF = Purpose(
    "exemption_proof",
    _("proving an exemption later, for example for a passport"),
    Basis.LEGITIMATE_INTEREST,
    ("B 5",),
    special_ground="AVG 9(2)(f)",
    confirmed=False,
)
SUPPORT_PURPOSE = Purpose(
    "support",
    _("extra guidance and adapted exams"),
    Basis.CONTRACT,
    ("B 4.2.1", "UAVG 30(2)(a)"),
    special_ground="UAVG 30(2)(a)",
    confirmed=False,
)
BOOKKEEPING = Purpose(
    "bookkeeping",
    _("keeping the books as tax law demands"),
    Basis.LEGAL_DUTY,
    ("A: Factuurgegevens in het kader van de Wet Inburgering", "AWR 52", "Regeling inburgering 4.2"),
    allows_bsn=True,
    confirmed=False,
)
SECURITY = Purpose(
    "security",
    _("letting only the right people in and being able to show who did what"),
    Basis.LEGAL_DUTY,
    ("A: Meester in NT2 hanteert voor elke medewerker een gebruikersnaam en wachtwoordbeleid", "B 7", "AVG 32"),
)
RIGHTS = Purpose(
    "rights",
    _("handling your privacy requests and complaints"),
    Basis.LEGAL_DUTY,
    ("A: Betrokkenen kunnen een verzoek indienen bij Meester in NT2", "B 9.5", "AVG 12"),
)

# What rests on consent alone. No column serves these yet: one that does names its purpose, and then only its consent opens it.
PRIVATE_CLIENT = Purpose(
    "private_client",
    _("telling your employer or another private client how your course goes"),
    Basis.CONSENT,
    ("B 4.1.4", "AVG 6(1)(a)"),
    confirmed=False,
)
PHOTO = Purpose(
    "photo", _("showing you in photos and films of the school"), Basis.CONSENT, ("B 4.1.1", "AVG 6(1)(a)"), confirmed=False
)
KEEP_IN_TOUCH = Purpose(
    "keep_in_touch", _("getting in touch with you after your course"), Basis.CONSENT, ("B 4.1.1", "AVG 6(1)(a)"), confirmed=False
)

# --- to whom
MUNICIPALITY = Recipient(
    "municipality",
    _("your municipality or the client that pays"),
    RecipientRole.CONTROLLER,
    ("A: Presentielijsten ter verantwoording aan de gemeente/opdrachtgever", "B 2.2"),
    confirmed=False,
)
DUO = Recipient(
    "duo",
    _("DUO (Dienst Uitvoering Onderwijs)"),
    RecipientRole.CONTROLLER,
    ("A: Rapporteren aan de Dienst Uitvoering Onderwijs.", "B 4.1.3"),
)
BLIK_OP_WERK = Recipient(
    "blik_op_werk",
    _("Blik op Werk"),
    RecipientRole.CONTROLLER,
    ("A: Rapporteren aan de keurmerkinstantie Blik op Werk.", "B 4.1.3"),
    confirmed=False,
)
SURVEYOR = Recipient(
    "surveyor", _("the survey agency (Panteia)"), RecipientRole.PROCESSOR, ("B 4.1.3", "B 4.2.4"), confirmed=False
)
BANK = Recipient("bank", _("the school's bank"), RecipientRole.CONTROLLER, ("B 4.2.6",))

# --- how long
STUDENT_FILE = Retention(
    "student_file",
    Container.CORE,
    Trigger.PROGRAMME_END,
    Period(years=3),
    ("A: de wettelijk gestelde bewaartermijn verlopen is", "B 5"),
)
WHILE_NEEDED = Retention(
    "while_needed",
    Container.CORE,
    Trigger.PURPOSE_END,
    Period(),
    ("A: Uw gegevens worden nooit bewaard om ze te gebruiken voor andere doeleinden.", "B 4.3"),
)
LESSON_EVIDENCE_PERIOD = Retention(
    "lesson_evidence", Container.CORE, Trigger.CREATED, Period(years=1), ("B 3.1.10",), confirmed=False
)
ACCOUNT_PERIOD = Retention("account", Container.CORE, Trigger.MEMBERSHIP_END, Period(days=30), ("B 6", "AVG 5(1)(e)"))
SESSION_PERIOD = Retention("session", Container.CORE, Trigger.CREATED, Period(days=90), ("B 7", "AVG 5(1)(e)"))
DRAFT_PERIOD = Retention("draft", Container.CORE, Trigger.CREATED, Period(hours=1), ("B 4.3", "AVG 5(1)(e)"))
WORK_PERIOD = Retention("work", Container.CORE, Trigger.CREATED, Period(days=30), ("B 4.3", "AVG 5(1)(e)"))
EXEMPTION_PERIOD = Retention("exemption", Container.EXEMPTION, Trigger.PROGRAMME_END, Period(years=6), ("B 5",), confirmed=False)
BOOKS = Retention(
    "books",
    Container.FINANCE,
    Trigger.FISCAL_YEAR_END,
    Period(years=7),
    ("A: voldoen aan de Wet Inburgering of voor de Belastingdienst", "AWR 52(4)"),
    law_minimum=Period(years=7),
)
REQUEST_PERIOD = Retention(
    "request", Container.REQUESTS, Trigger.REQUEST_CLOSED, Period(years=2), ("B 9.5", "AVG 5(2)"), confirmed=False
)
# The register of breaches is there for the authority to look in (AVG 33(5)). No law says how long; AWB 5:45(1) ends its power
# to fine after five years (not looked up in the law: not confirmed).
BREACH_PERIOD = Retention(
    "breach", Container.REQUESTS, Trigger.BREACH_CLOSED, Period(years=5), ("AVG 33(5)", "AVG 5(2)"), confirmed=False
)
# That a file on paper was destroyed, on which day and by whom: proof of the erasure it belonged to, so as long as that.
PAPER_PERIOD = Retention(
    "paper", Container.REQUESTS, Trigger.PAPER_DESTROYED, Period(years=2), ("B 7", "AVG 5(2)"), confirmed=False
)
EXPORT_PERIOD = Retention(  # that a copy was made and to whom it went; the file itself goes after a week
    "export", Container.CORE, Trigger.CREATED, Period(years=2), ("B 9.5", "AVG 5(2)"), confirmed=False
)
LOG_PERIOD = Retention("log", Container.SECURITY_LOG, Trigger.CREATED, Period(years=2), ("B 7", "AVG 32"), confirmed=False)
CONTACT_PERSON_PERIOD = Retention(
    "contact_person",
    Container.CLIENT_CONTACTS,
    Trigger.LAST_COMMISSION,
    Period(years=1),
    ("A: Klantmanager", "AVG 5(1)(e)"),
    confirmed=False,
)
STAFF_FILE = Retention(
    "staff_file", Container.STAFF, Trigger.MEMBERSHIP_END, Period(years=2), ("B 7", "AVG 5(2)"), confirmed=False
)
