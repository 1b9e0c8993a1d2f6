"""The categories of the data catalogue: what is kept, why, how long, who may read it, each with the sentence it rests on.

The second half of the school's privacy statement as data; purposes, recipients and periods stand in kvs/vocabulary.py,
and what the references mean too.
"""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Category
from kvs.terms import Kind, Rectify, Sensitivity, Source
from kvs.vocabulary import (
    ACCOUNT_PERIOD,
    BANK,
    BLIK_OP_WERK,
    BOOKKEEPING,
    BOOKS,
    CLIENT_REPORTS,
    CONTACT_PERSON_PERIOD,
    DIPLOMAS,
    DIRECT_DEBIT,
    DRAFT_PERIOD,
    DUO,
    DUO_EXAMS,
    DUO_FUNDING,
    EXEMPTION_ADVICE,
    EXEMPTION_PERIOD,
    EXEMPTION_PROOF,
    LESSON_EVIDENCE_PERIOD,
    LOG_PERIOD,
    MUNICIPALITY,
    PROGRESS,
    QUALITY,
    REQUEST_PERIOD,
    RIGHTS,
    SECURITY,
    SESSION_PERIOD,
    STAFF_FILE,
    STUDENT_FILE,
    SUPPORT_PURPOSE,
    SURVEY,
    SURVEYOR,
    TEACHING_PURPOSE,
    WHILE_NEEDED,
    WORK_PERIOD,
)

# --- who may read what of others, within visible_to; the codes of kvs.models.Role
OFFICE = frozenset({"administration", "coordinator", "privacy_officer"})
TEACHING = OFFICE | {"teacher"}
MONEY = frozenset({"administration", "finance", "privacy_officer"})
ACCOUNTS = frozenset({"administration", "coordinator", "management", "privacy_officer", "system_administrator"})
PRIVACY = frozenset({"privacy_officer"})
NOBODY: frozenset[str] = frozenset()

# --- what: people
IDENTITY = Category(
    "identity",
    _("Who you are"),
    _("Your name, date and place of birth, gender and nationality. We need these to know who you are."),
    purposes=(TEACHING_PURPOSE, CLIENT_REPORTS, DUO_FUNDING, DUO_EXAMS, QUALITY),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=TEACHING | {"finance", "management", "auditor"},
    references=("A: NAW gegevens", "A: Geboortedatum", "A: Geboorteland", "B 3.1.1", "B 3.1.4"),
    recipients=(MUNICIPALITY, DUO, BLIK_OP_WERK, SURVEYOR),
    rectify=Rectify.PROPOSE,
    portable=True,
)
CONTACT = Category(
    "contact",
    _("How we reach you"),
    _("Your address, telephone number and e-mail address. We use these to tell you about your lessons."),
    purposes=(TEACHING_PURPOSE, DUO_EXAMS, SURVEY),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.CONTACT,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=TEACHING | {"finance"},
    references=("A: NAW gegevens", "A: Telefoonnummer", "A: E-mail adres", "B 3.1.1"),
    recipients=(DUO, SURVEYOR),
    rectify=Rectify.DIRECT,
    portable=True,
)
BSN = Category(
    "bsn",
    _("Citizen service number (BSN)"),
    _("Only for courses where the law makes us report with this number. We remove it as soon as that ends."),
    purposes=(DUO_FUNDING, DUO_EXAMS),
    retention=WHILE_NEEDED,
    sensitivity=Sensitivity.IDENTIFIER,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=MONEY,
    references=("A: Burgerservicenummer", "B 3.1.3", "UAVG 46"),
    recipients=(DUO,),
    rectify=Rectify.PROPOSE,
    emptied_early=True,
    kind=Kind.BSN,
    portable=True,
)
RESIDENCE = Category(
    "residence",
    _("Residence permit and identity document"),
    _(
        "Kind, number and end date of your document. We make no copy, unless the one who pays asks for it; then your "
        "photo and BSN are covered."
    ),
    purposes=(TEACHING_PURPOSE, CLIENT_REPORTS),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.IDENTIFIER,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=OFFICE,
    references=("A: Identiteitsbewijs (alleen afgeschermd en bij specifieke vraag van de opdrachtgever)", "B 3.1.5"),
    recipients=(MUNICIPALITY,),
    rectify=Rectify.PROPOSE,
    kind=Kind.DOCUMENT,
    portable=True,
)

# --- what: learning
BACKGROUND = Category(
    "background",
    _("Education and work before"),
    _("Schools, work, languages and your level when you started. We use these to choose the right group."),
    purposes=(TEACHING_PURPOSE, DIPLOMAS),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=TEACHING,
    references=("A: Taalniveau", "A: Opleidingsniveau", "A: Werkervaring", "B 3.1.6", "B 3.1.7"),
    recipients=(MUNICIPALITY,),
    rectify=Rectify.PROPOSE,
    portable=True,
)
PROGRAMME = Category(
    "programme",
    _("Your course"),
    _("Your course, contract, group, times, hours, the end of your term, and who pays."),
    purposes=(TEACHING_PURPOSE, CLIENT_REPORTS, DUO_FUNDING, QUALITY),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.SCHOOL, Source.THIRD),
    readable_by=TEACHING | {"finance", "management", "auditor"},
    references=("A: Trajectdata", "B 3.1.7", "B 3.1.9"),
    recipients=(MUNICIPALITY, DUO, BLIK_OP_WERK),
    rectify=Rectify.PROPOSE,
    portable=True,
)
ATTENDANCE = Category(
    "attendance",
    _("Presence"),
    _("When you were in the lesson and when you were not."),
    purposes=(PROGRESS, CLIENT_REPORTS, QUALITY),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.SCHOOL),
    readable_by=TEACHING | {"finance", "management", "auditor"},
    references=("A: Aanwezigheid in de lessen.", "B 3.1.8"),
    recipients=(MUNICIPALITY, BLIK_OP_WERK),
    rectify=Rectify.PROPOSE,
    portable=True,
)
ABSENCE_REASON = Category(
    "absence_reason",
    _("Reason of absence"),
    _("Only holiday, birth, illness or another reason. We never write down which illness."),
    purposes=(SUPPORT_PURPOSE,),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SPECIAL,
    sources=(Source.SUBJECT,),
    readable_by=OFFICE,
    references=("B 3.1.8",),
    rectify=Rectify.PROPOSE,
    portable=True,
)
LEARNING = Category(
    "learning",
    _("Progress"),
    _("Your level, how you develop in the lesson and how you take part."),
    purposes=(PROGRESS, CLIENT_REPORTS),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SCHOOL,),
    readable_by=TEACHING,
    references=("A: Voortgang van de cursist (taalniveau / ontwikkeling in de les / participatie)", "B 4.2.3"),
    recipients=(MUNICIPALITY,),
    rectify=Rectify.PROPOSE,
)
EXAMS = Category(
    "exams",
    _("Exams"),
    _("Which exams you applied for, when, and the results."),
    purposes=(PROGRESS, DUO_EXAMS, CLIENT_REPORTS, QUALITY),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=TEACHING | {"management"},
    references=("A: Examengegevens", "B 3.1.9", "B 4.2.5"),
    recipients=(MUNICIPALITY, DUO, BLIK_OP_WERK),
    rectify=Rectify.PROPOSE,
    portable=True,
)
SUPPORT = Category(
    "support",
    _("Extra guidance"),
    _("That you have an adapted exam or extra guidance, and that medical advice was asked for. Never what the advice says."),
    purposes=(SUPPORT_PURPOSE, EXEMPTION_ADVICE),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SPECIAL,
    sources=(Source.SUBJECT,),
    readable_by=OFFICE,
    references=("B 4.2.8", "UAVG 30(2)(a)"),
    rectify=Rectify.PROPOSE,
    portable=True,
)
EXEMPTION = Category(
    "exemption",
    _("Exemption from civic integration"),
    _("That you were exempted, and when. We keep this longer, because people need it for a passport years later."),
    purposes=(EXEMPTION_PROOF,),
    retention=EXEMPTION_PERIOD,
    sensitivity=Sensitivity.SPECIAL,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=PRIVACY,
    references=("B 5",),
    rectify=Rectify.PROPOSE,
)
LESSON_EVIDENCE = Category(
    "lesson_evidence",
    _("Screenshots of online lessons"),
    _("A picture of the screen that shows who took part in an online lesson. We never recognise faces by computer."),
    purposes=(QUALITY, CLIENT_REPORTS),
    retention=LESSON_EVIDENCE_PERIOD,
    sensitivity=Sensitivity.IDENTIFIER,
    sources=(Source.SCHOOL,),
    readable_by=frozenset({"administration", "coordinator"}),  # two roles and no more (attendance/models/papers.py)
    references=("B 3.1.10",),
    recipients=(BLIK_OP_WERK,),
)

# --- what: money
BANK_ACCOUNT = Category(
    "bank_account",
    _("Bank account"),
    _("Your account number, only while you pay by direct debit."),
    purposes=(DIRECT_DEBIT,),
    retention=WHILE_NEEDED,
    sensitivity=Sensitivity.IDENTIFIER,
    sources=(Source.SUBJECT,),
    readable_by=MONEY,
    references=("B 3.1.2", "B 4.2.6"),
    recipients=(BANK,),
    rectify=Rectify.PROPOSE,
    emptied_early=True,
    kind=Kind.IBAN,
    portable=True,
)
INVOICES = Category(
    "invoices",
    _("Invoices"),
    _("What was charged and paid. Tax law makes us keep invoices for seven years."),
    purposes=(BOOKKEEPING,),
    retention=BOOKS,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SCHOOL,),
    readable_by=MONEY,
    references=("A: Factuurgegevens in het kader van de Wet Inburgering", "B 3.1.9"),
    recipients=(MUNICIPALITY, DUO),
)

# --- what: contact persons, requests, accounts, traces
CONTACT_PERSON = Category(
    "contact_person",
    _("Contact persons"),
    _("Name, telephone number and e-mail address of your case manager."),
    purposes=(CLIENT_REPORTS,),
    retention=CONTACT_PERSON_PERIOD,
    sensitivity=Sensitivity.CONTACT,
    sources=(Source.SUBJECT, Source.THIRD),
    readable_by=OFFICE | {"finance", "management"},
    references=("A: Klantmanager",),
    rectify=Rectify.PROPOSE,
)
REQUESTS = Category(
    "requests",
    _("Privacy requests"),
    _("What you asked about your data, and what we answered."),
    purposes=(RIGHTS,),
    retention=REQUEST_PERIOD,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.SCHOOL),
    readable_by=PRIVACY,
    references=("A: Betrokkenen kunnen een verzoek indienen bij Meester in NT2", "B 9.5"),
)
CONSENTS = Category(
    "consents",
    _("What you allow"),
    _("What you said yes or no to, on which day, and which text you read. You can always change your mind."),
    purposes=(RIGHTS,),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT,),
    readable_by=OFFICE,
    references=("B 4.1.1", "B 9.7", "AVG 7(1)"),
)
ACCOUNT = Category(
    "account",
    _("Account"),
    _("The name you sign in with, your roles and your language; of colleagues also the kind and the end of the contract."),
    purposes=(SECURITY,),
    retention=ACCOUNT_PERIOD,
    sensitivity=Sensitivity.CONTACT,
    sources=(Source.SUBJECT, Source.SCHOOL),
    readable_by=ACCOUNTS,
    references=("A: Meester in NT2 hanteert voor elke medewerker een gebruikersnaam en wachtwoordbeleid", "B 6", "B 7"),
)
STATEMENT = Category(
    "statement",
    _("Statements of colleagues"),
    _("That you stated confidentiality and instruction, which text and when."),
    purposes=(SECURITY,),
    retention=STAFF_FILE,
    sensitivity=Sensitivity.CONTACT,
    sources=(Source.SUBJECT,),
    readable_by=frozenset({"administration", "management", "privacy_officer", "system_administrator"}),
    references=(
        "A: Meester in NT2 zorgt dat alle medewerker/gebruikers geïnformeerd zijn over het belang van de bescherming",
        *("B 7", "AVG 29", "AVG 32(4)"),
    ),
)
SECRET = Category(
    "secret",
    _("Proof that it is you"),
    _("Your password or PIN, made unreadable, the mark of your card and the keys of your second step. Nobody can read these."),
    purposes=(SECURITY,),
    retention=ACCOUNT_PERIOD,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT,),
    readable_by=NOBODY,
    references=("A: Meester in NT2 hanteert voor elke medewerker een gebruikersnaam en wachtwoordbeleid", "B 7"),
    withhold=_("Handing this over would let somebody else sign in as you."),
)
SESSION = Category(
    "session",
    _("Signed-in devices"),
    _("Where and since when you are signed in, and until when that lasts."),
    purposes=(SECURITY,),
    retention=SESSION_PERIOD,
    sensitivity=Sensitivity.PLAIN,
    sources=(Source.SUBJECT,),
    readable_by=NOBODY,
    references=("B 7",),
    audited=False,
)
DRAFT = Category(
    "draft",
    _("Interrupted form"),
    _("A form you sent after the screen had locked. We keep it sealed for one hour; you need not type it again."),
    purposes=(SECURITY,),
    retention=DRAFT_PERIOD,
    sensitivity=Sensitivity.IDENTIFIER,
    sources=(Source.SUBJECT,),
    readable_by=NOBODY,
    references=("B 4.3", "AVG 32"),
    audited=False,
)
TRACES = Category(
    "traces",
    _("Who looked and who changed"),
    _("Which account looked at your file or changed something, when and in which role. Never what it said."),
    purposes=(SECURITY,),
    retention=LOG_PERIOD,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SCHOOL,),
    readable_by=PRIVACY,
    references=("B 7", "AVG 32", "AVG 15"),
    audited=False,
)
ERASED = Category(
    "erased",
    _("That something was erased"),
    _("A number by which an erased file is recognised when a backup is put back or an old list is read in. No name."),
    purposes=(RIGHTS,),
    retention=LOG_PERIOD,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SCHOOL,),
    readable_by=NOBODY,
    references=("AVG 17", "AVG 5(2)"),
    audited=False,
)
WORK = Category(
    "work",
    _("Work you asked for"),
    _("Which report or export you asked the system for, when, and how it went."),
    purposes=(SECURITY,),
    retention=WORK_PERIOD,
    sensitivity=Sensitivity.PLAIN,
    sources=(Source.SUBJECT,),
    readable_by=NOBODY,
    references=("B 7", "AVG 32"),
    audited=False,
)
FILES = Category(
    "files",
    _("Files"),
    _("Reports, exports and documents with your name in them. Stored sealed, and deleted when no longer needed."),
    purposes=(TEACHING_PURPOSE, CLIENT_REPORTS, DUO_FUNDING, QUALITY, RIGHTS),
    retention=WHILE_NEEDED,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SUBJECT, Source.SCHOOL, Source.THIRD),
    readable_by=OFFICE,
    references=("A: Presentielijsten ter verantwoording aan de gemeente/opdrachtgever", "B 4.3"),
)
DISCLOSURES = Category(
    "disclosures",
    _("To whom we gave your data"),
    _("Which report about you we gave to whom, when and how. Never what the report said."),
    purposes=(RIGHTS,),
    retention=STUDENT_FILE,
    sensitivity=Sensitivity.SENSITIVE,
    sources=(Source.SCHOOL,),
    readable_by=PRIVACY | {"administration", "management"},
    references=("AVG 15", "AVG 19", "AVG 30", "B 9.5"),
)
