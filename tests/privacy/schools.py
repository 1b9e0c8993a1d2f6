"""Policies A (Meester in NT2, 3.0, 2019) and B (JAR Opleidingen, 5.0, 2020) as data: what a school sets and what its text says.

Each answer stands beside the words of the policy it tells; where the policy says nothing, beside nothing.
"""

from dataclasses import dataclass

from privacy.statements.kinds import DAYS, NOBODY, SILENT, WEEKS, YEARS, Answer, Outcome, one


@dataclass(frozen=True)
class PolicySchool:
    """`periods`: years and months by the code of the retention. `says`: answer and quotation by question."""

    file: str
    name: str
    periods: dict[str, tuple[int, int]]
    terms: dict[str, object]
    says: dict[str, tuple[Answer, str]]
    contradictions: list[tuple[str, Outcome]]

    @property
    def answers(self) -> dict[str, Answer]:
        """What the text says, without the quotations."""
        return {key: answer for key, (answer, _quote) in self.says.items()}


def length(number: int, unit: str) -> Answer:
    """A length of time as a text names it."""
    return Answer(number=number, unit=unit)


NOTHING = (one(SILENT), "")
LAW, DIFFERS = Outcome.UNLAWFUL, Outcome.DIFFERS

A = PolicySchool(
    file="policy_a_meester_in_nt2.txt",
    name="Meester in NT2",
    # It names no period of its own. What is kept serves no other purpose, so an exemption goes with the file.
    periods={"student_file": (3, 0), "exemption": (3, 0)},
    # It names no term for an answer either: the law's own.
    terms={"answer_days": 31, "extension_days": 62, "systems": ["NT2 Admin (Taal en Brein)"]},
    says={
        "law": (one("avg"), "voldoet geheel aan de nieuwe privacywetgeving (AVG/GDPR)"),
        "special": NOTHING,
        "updates": (one("using"), "stemt u door het gebruik van onze diensten na een dergelijke kennisgeving in"),
        "complaints": NOTHING,
        "contact": (one("named"), "FG Functionaris: I. El Madani"),
        "purposes": (
            one(
                *("teaching", "progress", "client_reports", "duo_funding", "duo_exams", "quality", "survey"),
                *("bookkeeping", "security", "rights"),
            ),
            "Rapporteren aan de keurmerkinstantie Blik op Werk.",
        ),
        "recipients": (
            one(NOBODY, "municipality", "duo", "blik_op_werk"),
            "Meester in NT2 deelt of verkoopt deze gegevens niet aan derden.",
        ),
        "role_duo": NOTHING,
        "role_municipality": NOTHING,
        "role_blik_op_werk": NOTHING,
        "role_surveyor": NOTHING,
        "transfers": NOTHING,
        "consent": NOTHING,
        "bsn": (
            one("law"),
            "alleen bij cursussen waarbij het voor Meester in NT2 verplicht is om hiermee aan de overheid te rapporteren",
        ),
        "id_copy": (one("masked"), "alleen afgeschermd en bij specifieke vraag van de opdrachtgever"),
        "absence": (one("none"), "Aanwezigheid in de lessen."),
        "screenshots": NOTHING,
        "kept_student_file": (one(SILENT), "de wettelijk gestelde bewaartermijn verlopen is"),
        "kept_exemption": NOTHING,
        "kept_lesson_evidence": NOTHING,
        "kept_request": NOTHING,
        "kept_breach": NOTHING,
        "kept_paper": NOTHING,
        "kept_log": NOTHING,
        "exemption_from": NOTHING,
        "exceptions": (one("named"), "zoals voldoen aan de Wet Inburgering of voor de Belastingdienst"),
        "backups": (one("at_once"), "Bij verwijdering op verzoek zijn de gegevens ook niet meer terug te krijgen."),
        "rights": (one("access", "rectification", "erasure"), "om hun gegevens in te zien en/of te verwijderen"),
        "correction": (one("all"), "kunt u direct alle gegevens inzien en deze ook direct aanpassen"),
        "answer": NOTHING,
        "extension": NOTHING,
        "refusal": NOTHING,
        "identity": NOTHING,
        "age": NOTHING,
        "cookies": (one("none"), "Meester in NT2 gebruikt in het KVS/NT2 ADMIN geen cookies."),
        "sign_in": (one("password"), "voor elke medewerker een gebruikersnaam en wachtwoordbeleid"),
        "encryption": (one("sensitive"), "zorgt voor encryptie van gegevens als daar aanleiding toe is"),
    },
    contradictions=[
        ("updates", LAW),
        ("complaints", LAW),
        ("purposes", LAW),
        ("recipients", LAW),
        ("screenshots", LAW),
        ("kept_student_file", LAW),
        ("kept_exemption", LAW),
        ("kept_lesson_evidence", LAW),
        ("kept_request", LAW),
        ("kept_breach", LAW),
        ("kept_paper", LAW),
        ("kept_log", LAW),
        ("rights", LAW),
        ("backups", DIFFERS),
        ("correction", DIFFERS),
        ("cookies", DIFFERS),
    ],
)

B = PolicySchool(
    file="policy_b_jar_opleidingen.txt",
    name="JAR Opleidingen",
    periods={"student_file": (3, 0), "exemption": (6, 0)},
    terms={"answer_days": 28, "extension_days": 28, "systems": []},
    says={
        "law": (one("wbp"), "geregistreerd bij de registratiekamer onder nummer 1504710"),
        "special": (one("part"), "godsdienst, levensovertuiging, ras, politieke gezindheid, het lidmaatschap van een vakbond"),
        "updates": NOTHING,
        "complaints": (one("own"), "kunnen kenbaar gemaakt worden via onze klachtenprocedure"),
        "contact": (one("named"), "Mevrouw N Overbeek van Loon, e-mailadres: noortje@jaropleidingen.nl"),
        "purposes": (
            one(
                *("teaching", "progress", "client_reports", "duo_funding", "duo_exams", "quality", "survey", "direct_debit"),
                *("diplomas", "exemption_advice", "exemption_proof", "support", "bookkeeping", "security", "rights"),
            ),
            "De persoonsgegevens worden alleen gebruikt voor de volgende doelen",
        ),
        "recipients": (one("municipality", "duo", "blik_op_werk", "surveyor"), "bijvoorbeeld DUO, Panteia en de gemeente"),
        "role_duo": (one("processor"), "zonder aan zijn rechtstreeks gezag te zijn onderworpen, bedoeld wordt bijvoorbeeld DUO"),
        "role_municipality": (one("processor"), "bedoeld wordt bijvoorbeeld DUO, Panteia en de gemeente"),
        "role_blik_op_werk": NOTHING,
        "role_surveyor": (one("processor"), "bedoeld wordt bijvoorbeeld DUO, Panteia en de gemeente"),
        "transfers": NOTHING,
        "consent": (
            one("signing"),
            "akkoord zijn met dit privacy reglement door middel van ondertekening van de cursusovereenkomst",
        ),
        "bsn": (one("all"), "BSN nummer( persoonsgebonden nummer)"),
        "id_copy": NOTHING,
        "absence": (one("reason"), "vakantie, bevalling, of ziekte met uitzondering van gegevens over de aard van de ziekte"),
        "screenshots": (one("proof"), "zoals de screen shots dit t.b.v. van het keurmerk Blik op Werk en facturering"),
        "kept_student_file": (length(3, YEARS), "3 jaar na beëindiging van het traject van een client"),
        "kept_exemption": (length(6, YEARS), "gedurende 6 jaar bewaard"),
        "kept_lesson_evidence": NOTHING,
        "kept_request": NOTHING,
        "kept_breach": NOTHING,
        "kept_paper": NOTHING,
        "kept_log": NOTHING,
        "exemption_from": (one("unnamed"), "gedurende 6 jaar bewaard"),
        "exceptions": (one("everything"), "worden alle tot de persoon van de geregistreerde te herleiden gegevens"),
        "backups": NOTHING,
        "rights": (
            one("access", "rectification", "erasure", "restriction", "objection", "consent"),
            "Betrokkene kan verzoeken doen tot rectificatie, gegevenswissing of beperking van de verwerking",
        ),
        "correction": (one("ask"), "Betrokkene kan verzoeken doen tot rectificatie"),
        "answer": (length(4, WEEKS), "binnen een termijn van 4 weken na ontvangst van een verzoek"),
        "extension": (length(4, WEEKS), "deze termijn verlengen met maximaal 4 weken"),
        "refusal": (one("own"), "een onredelijke inspanning zou vergen"),
        "identity": (one("seen"), "kan vragen om een geldig identiteitsbewijs ter verificatie"),
        "age": NOTHING,
        "cookies": NOTHING,
        "sign_in": (one("password"), "middels een authenticatie met gebruikersnaam en wachtwoord"),
        "encryption": NOTHING,
    },
    contradictions=[
        ("law", LAW),
        ("special", LAW),
        ("complaints", LAW),
        ("role_duo", LAW),
        ("consent", LAW),
        ("bsn", LAW),
        ("kept_lesson_evidence", LAW),
        ("kept_request", LAW),
        ("kept_breach", LAW),
        ("kept_paper", LAW),
        ("kept_log", LAW),
        ("exemption_from", LAW),
        ("exceptions", LAW),
        ("rights", LAW),
        ("refusal", LAW),
        ("role_municipality", DIFFERS),
    ],
)
TERM_OF_28_DAYS = length(28, DAYS)
