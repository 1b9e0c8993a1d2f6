"""What spreadsheets of schools and municipalities write for the choices of KVS. Compared folded (students.rules.folded)."""

from students import rules
from students.models import Contract, Programme, Student

Words = dict[str, tuple[str, ...]]  # stored value -> what is written for it

GENDER: Words = {
    Student.Gender.FEMALE: ("v", "vrouw", "vrouwelijk", "f", "female", "woman", "mevr", "mevrouw", "mw"),
    Student.Gender.MALE: ("m", "man", "mannelijk", "male", "dhr", "de heer", "heer"),
    Student.Gender.OTHER: ("x", "anders", "other", "overig", "o"),
}
LAW: Words = {
    Programme.Law.NONE: (
        *("geen", "none", "nvt", "n v t", "niet", "nee", "geen inburgeringsplicht", "niet inburgeringsplichtig"),
        *("vrijwillig", "vrijwillige inburgeraar", "geen plicht", "zelfbetaler", "no integration duty", "no"),
    ),
    Programme.Law.WI2007: ("wi2007", "wi 2007", "2007", "wet inburgering 2007", "wi07"),
    Programme.Law.WI2013: ("wi2013", "wi 2013", "2013", "wet inburgering 2013", "wi13"),
    Programme.Law.WI2021: ("wi2021", "wi 2021", "2021", "wet inburgering 2021", "wi21", "wi2022", "2022"),  # in force 1-1-2022
}
ROUTE: Words = {
    Programme.Route.B1: ("b1", "b1 route", "b1route", "leerroute b1"),
    Programme.Route.EDUCATION: ("onderwijsroute", "onderwijs", "education", "education route", "o"),
    Programme.Route.Z: ("z", "z route", "zroute", "zelfredzaamheidsroute", "zelfredzaamheid"),
}
LEVEL: Words = {level: (level,) for level in ("a1", "a2", "b1", "b2", "c1")}
YES_NO: Words = {
    "1": ("ja", "j", "yes", "y", "x", "1", "waar", "true", "duo", "duo lening", "lening"),
    "0": ("nee", "n", "no", "0", "onwaar", "false", "geen"),
}
STATUS_HOLDER: Words = {
    Programme.StatusHolder.YES: (
        *("ja", "j", "yes", "y", "x", "1", "waar", "true"),
        *("statushouder", "asielstatushouder", "asiel", "asielmigrant", "vergunninghouder", "asylum"),
    ),
    Programme.StatusHolder.NO: (
        *("nee", "n", "no", "0", "onwaar", "false", "geen"),
        *("gezinsmigrant", "gezinsmigrant en overige migrant", "overige migrant", "gezinshereniger", "family migrant"),
    ),
}
COURSE: Words = {
    Contract.Course.LITERACY: ("alfabetisering", "alfabetiseringscursus", "alfa", "literacy", "literacy course"),
    Contract.Course.INTEGRATION: ("inburgering", "inburgeringscursus", "integration", "integration course"),
    Contract.Course.NT2: ("nt2", "nt2 cursus", "staatsexamen", "staatsexamencursus", "nt2 course"),
}
EDUCATION: Words = {
    Student.EducationLevel.NONE: ("geen", "none", "geen school", "analfabeet", "no school"),
    Student.EducationLevel.PRIMARY: ("basis", "basisschool", "basisonderwijs", "lagere school", "primary", "primary school"),
    Student.EducationLevel.SECONDARY: (
        *("voortgezet", "voortgezet onderwijs", "middelbaar", "middelbare school", "vmbo", "havo", "vwo", "mavo"),
        *("secondary", "secondary school", "high school"),
    ),
    Student.EducationLevel.VOCATIONAL: ("mbo", "beroepsonderwijs", "vakopleiding", "vocational", "vocational education"),
    Student.EducationLevel.HIGHER: ("hbo", "wo", "universiteit", "hoger onderwijs", "higher", "university", "bachelor", "master"),
}
_DUTCH_LANGUAGES = {
    "nld": ("nederlands", "dutch"),
    "eng": ("engels", "english"),
    "amh": ("amhaars", "amharic"),
    "ara": ("arabisch", "arabic"),
    "ckb": ("sorani", "koerdisch sorani", "kurdish sorani"),
    "deu": ("duits", "german"),
    "fas": ("farsi", "perzisch", "persian"),
    "fra": ("frans", "french"),
    "hin": ("hindi",),
    "ind": ("indonesisch", "indonesian"),
    "kmr": ("koerdisch", "kurmanci", "kurmandji", "kurdish", "koerdisch kurmanci"),
    "nep": ("nepalees", "nepali"),
    "pol": ("pools", "polish"),
    "por": ("portugees", "portuguese"),
    "prs": ("dari",),
    "pus": ("pasjtoe", "pashto"),
    "ron": ("roemeens", "romanian"),
    "rus": ("russisch", "russian"),
    "som": ("somalisch", "somali"),
    "spa": ("spaans", "spanish"),
    "swa": ("swahili",),
    "tam": ("tamil",),
    "tha": ("thai", "thais"),
    "tir": ("tigrinya", "tigrigna"),
    "tur": ("turks", "turkish"),
    "ukr": ("oekraiens", "ukrainian"),
    "urd": ("urdu", "oerdoe"),
    "vie": ("vietnamees", "vietnamese"),
    "zho": ("chinees", "chinese", "mandarijn", "mandarin"),
}
LANGUAGE: Words = {code: (code, own, *_DUTCH_LANGUAGES[code]) for code, own in rules.CONTACT_LANGUAGES}
SELF_PAYING = ("zelf", "zelfbetaler", "self", "cursist", "eigen", "particulier", "geen", "none", "nvt", "n v t")
REMARKS = frozenset(  # in titles of columns in which anything may stand
    {
        *("opmerking", "opmerkingen", "bijzonderheden", "bijzonderheid", "notitie", "notities", "toelichting", "memo"),
        *("aantekening", "aantekeningen", "medisch", "medische", "gezondheid", "zorg", "beperking", "beperkingen"),
        *("remark", "remarks", "note", "notes", "comment", "comments", "health", "medical"),
    }
)
FOOTERS = frozenset(  # how totals and remarks under a list begin
    {
        *("totaal", "subtotaal", "aantal", "gemiddelde", "bron", "legenda", "toelichting", "opmerking", "opmerkingen", "nb"),
        *("afgedrukt", "printdatum", "peildatum", "total", "source", "remark", "remarks"),
    }
)
INFIXES = ("van der", "van den", "van de", "van het", "in t", "op de", "van", "de", "den", "der", "ten", "ter", "te", "het", "t")


def meaning(words: Words, written: str) -> str | None:
    """The stored value for what is written; None when nobody writes it so."""
    wanted = rules.folded(written)
    return next((value for value, known in words.items() if wanted in map(rules.folded, known)), None)


def split_first_last(name: str) -> dict[str, str]:
    """ "Siti van den Berg" as call name, prefix and surname. A single name is a surname; "El" and "Al" belong to it."""
    parts = name.split()
    if len(parts) == 1:
        return {"surname": name.strip()}
    first, rest = parts[0], parts[1:]
    for size in (2, 1):
        if len(rest) > size and rules.folded(" ".join(rest[:size])) in INFIXES:
            return {"call_name": first, "infix": " ".join(rest[:size]), "surname": " ".join(rest[size:])}
    return {"call_name": first, "surname": " ".join(rest)}


def split_last_first(name: str) -> dict[str, str]:
    """ "Berg, Siti van den" as call name, prefix and surname. Without comma all of it is a surname."""
    surname, _comma, behind = (part.strip() for part in name.partition(","))
    parts = behind.split()
    if not parts:
        return {"surname": " ".join(surname.split())}
    for size in (2, 1):
        if len(parts) > size and rules.folded(" ".join(parts[-size:])) in INFIXES:
            return {"call_name": " ".join(parts[:-size]), "infix": " ".join(parts[-size:]), "surname": surname}
    return {"call_name": behind, "surname": surname}
