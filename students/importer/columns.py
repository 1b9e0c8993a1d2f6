"""The columns a spreadsheet may fill, by the names real schools and municipalities give them (Dutch and English)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from kvs.importing import Column, Kind
from students.importer import words
from students.models import Contract, Programme, Student

NAMES = (
    Column("number", _("student number"), ("cursistnummer", "cursistnr", "studentnummer", "student number")),
    Column(
        "name_last_first",
        _("whole name (surname, first name)"),
        ("achternaam, voornaam", "achternaam voornaam", "surname, first name", "last name, first name"),
    ),
    Column(
        "name_first_last",
        _("whole name (first name surname)"),
        ("naam", "naam cursist", "cursist", "naam deelnemer", "deelnemer", "volledige naam", "name", "full name", "student"),
    ),
    Column(
        "given_names",
        _("given names"),
        ("voornamen", "alle voornamen", "given names", "forenames", "voornamen volgens paspoort"),
    ),
    Column("call_name", _("call name"), ("roepnaam", "voornaam", "first name", "firstname", "given name", "call name")),
    Column("infix", _("name prefix"), ("tussenvoegsel", "tussenv", "tv", "tsv", "voorvoegsel", "voorvoegsels", "prefix")),
    Column(
        "surname",
        _("surname"),
        ("achternaam", "geslachtsnaam", "familienaam", "surname", "last name", "lastname", "family name"),
    ),
    Column("gender", _("gender"), ("geslacht", "m v", "m/v", "gender", "sex", "geslachtsaanduiding"), Kind.CHOICE, words.GENDER),
)
BIRTH = (
    Column(
        "birth_date",
        _("date of birth"),
        (
            "geboortedatum",
            "geb datum",
            "gebdatum",
            "geb dat",
            "geboren",
            "geboren op",
            "date of birth",
            "birth date",
            "birthdate",
            "dob",
        ),
        Kind.BIRTH_DATE,
    ),
    Column("birth_place", _("place of birth"), ("geboorteplaats", "geb plaats", "place of birth", "birth place")),
    Column(
        "birth_country",
        _("country of birth"),
        ("geboorteland", "geb land", "land van herkomst", "herkomst", "country of birth", "country of origin"),
    ),
    Column("nationality", _("nationality"), ("nationaliteit", "nat", "nationality")),
    Column(
        "arrived_on",
        _("in the Netherlands since"),
        ("in nederland sinds", "datum aankomst", "in nl sinds", "arrived on", "arrival date"),
        Kind.DATE,
    ),
    Column(
        "residence_permit",
        _("residence permit"),
        ("verblijfsvergunning", "documentnummer", "verblijfsdocument", "v nummer", "vnummer", "residence permit"),
    ),
    Column(
        "residence_permit_until",
        _("residence permit valid until"),
        ("verblijfsvergunning tot", "verblijfsvergunning geldig tot", "geldig tot", "permit valid until"),
        Kind.DATE,
    ),
)
CONTACT = (
    Column("address", _("street and number"), ("adres", "straat en huisnummer", "address", "straat + nr")),
    Column("street", _("street"), ("straat", "straatnaam", "street")),
    Column("house_number", _("house number"), ("huisnummer", "huisnr", "house number", "nr huis")),
    Column("postcode", _("postcode"), ("postcode", "pc", "postal code", "zip", "zip code"), Kind.POSTCODE),
    Column("city", _("town"), ("woonplaats", "plaats", "city", "town", "stad")),
    Column(
        "phone",
        _("telephone"),
        ("telefoon", "telefoonnummer", "tel", "tel nr", "telnr", "mobiel", "gsm", "06", "06 nummer", "phone", "mobile"),
        Kind.PHONE,
    ),
    Column("email", _("e-mail address"), ("email", "e mail", "e-mailadres", "emailadres", "mail", "e mail address"), Kind.EMAIL),
    Column(
        "contact_language",
        _("language to be addressed in"),
        ("contacttaal", "moedertaal", "taal", "spreektaal", "language", "mother tongue"),
        Kind.CHOICE,
        words.LANGUAGE,
    ),
)
BACKGROUND = (
    Column("other_languages", _("other languages"), ("andere talen", "overige talen", "other languages")),
    Column(
        "education_level",
        _("education"),
        ("opleiding", "opleidingsniveau", "vooropleiding", "education"),
        Kind.CHOICE,
        words.EDUCATION,
    ),
    Column("school_years", _("years of school"), ("jaren onderwijs", "jaren school", "years of school"), Kind.NUMBER),
)
PROGRAMME = (
    Column("bsn", "BSN", ("bsn", "burgerservicenummer", "sofi", "sofinummer", "bsn nummer", "citizen service number"), Kind.BSN),
    Column("law", _("law"), ("wet", "wetgeving", "inburgeringswet", "wi", "law", "inburgeringsplicht"), Kind.CHOICE, words.LAW),
    Column("route", _("route"), ("leerroute", "route", "learning route"), Kind.CHOICE, words.ROUTE),
    Column(
        "target_level",
        _("level aimed at"),
        ("streefniveau", "doelniveau", "eindniveau", "target level"),
        Kind.CHOICE,
        words.LEVEL,
    ),
    Column(
        "has_duo_loan",
        _("pays from a DUO loan"),
        ("duo lening", "lening", "lening duo", "duo loan", "loan"),
        Kind.CHOICE,
        words.YES_NO,
    ),
    Column(
        "status_holder",
        _("asylum status holder"),
        ("statushouder", "asielstatushouder", "asiel statushouder", "vergunninghouder", "asielmigrant", "status holder"),
        Kind.CHOICE,
        words.STATUS_HOLDER,
    ),
    Column(
        "pip_language_hours",
        _("hours of language in the PIP"),
        ("pip uren taal", "uren taal pip", "pip taaluren", "taaluren pip", "taaluren volgens pip"),
        Kind.NUMBER,
    ),
    Column("pip_knm_hours", _("hours of KNM in the PIP"), ("pip uren knm", "uren knm pip", "knm uren pip"), Kind.NUMBER),
    Column(
        "pip_participation_hours",
        _("hours of participation in the PIP"),
        ("pip uren participatie", "uren participatie pip", "participatie uren pip", "participatieuren pip"),
        Kind.NUMBER,
    ),
    Column("pip_week_hours", _("hours a week in the PIP"), ("pip uren per week", "uren per week pip"), Kind.NUMBER),
    Column("pip_on", _("date of the first PIP"), ("pip", "datum pip", "pip datum", "pip date"), Kind.DATE),
    Column(
        "term_ends_on",
        _("end of the integration term"),
        ("einde termijn", "einde inburgeringstermijn", "inburgeringstermijn", "termijn tot", "term end", "uiterste datum"),
        Kind.DATE,
    ),
    Column(
        "starts_on",
        _("programme from"),
        ("start", "startdatum", "begindatum", "begin traject", "start traject", "datum start", "start date", "ingangsdatum"),
        Kind.DATE,
    ),
    Column(
        "ends_on",
        _("programme until and including"),
        ("einddatum", "einde", "einde traject", "datum einde", "end date", "stopdatum"),
        Kind.DATE,
    ),
)
CONTRACT = (
    Column(
        "client",
        _("client"),
        ("opdrachtgever", "opdr gever", "plaats opdrachtgever", "gemeente", "client", "municipality", "betaler", "financier"),
    ),
    Column(
        "case_manager",
        _("case manager"),
        ("klantmanager", "klantregisseur", "contactpersoon", "regisseur", "consulent", "case manager"),
    ),
    Column(
        "reference",
        _("reference of the client"),
        ("kenmerk", "referentie", "kenmerk gemeente", "dossiernummer", "opdrachtnummer", "reference"),
    ),
    Column("hours", _("hours agreed"), ("uren", "aantal uren", "contracturen", "hours"), Kind.NUMBER),
    Column("course", _("course"), ("cursus", "soort cursus", "cursussoort", "course"), Kind.CHOICE, words.COURSE),
)
GROUP = (
    Column("group", _("group"), ("groep", "klas", "groepsnaam", "lesgroep", "group", "class")),
    Column("placed_on", _("in the group from"), ("in groep vanaf", "start in groep", "start groep", "placed on"), Kind.DATE),
)
SECTIONS = (
    (_("Name"), NAMES),
    (_("Birth and origin"), BIRTH),
    (_("Address and contact"), CONTACT),
    (_("Education, work and languages"), BACKGROUND),
    (_("Programme"), PROGRAMME),
    (_("Contract"), CONTRACT),
    (_("Group"), GROUP),
)
COLUMNS: tuple[Column, ...] = tuple(column for _title, columns in SECTIONS for column in columns)
BY_CODE = {column.code: column for column in COLUMNS}
MODELS: dict[str, Any] = {
    **{column.code: Student for column in (*NAMES, *BIRTH, *CONTACT, *BACKGROUND)},
    **{column.code: Programme for column in PROGRAMME},
    **dict.fromkeys(("reference", "hours", "course"), Contract),
}
NOT_A_COLUMN = frozenset({"name_last_first", "name_first_last", "birth_date", "address", "bsn", "client", "case_manager"})
TOGETHER = (Kind.DATE.value, Kind.BIRTH_DATE.value)  # what may be accepted together: never a BSN or a person
NAMING = ("surname", "name_first_last", "name_last_first")  # one of these makes a row somebody
WHO = frozenset({*NAMING, "number", "given_names", "call_name", "birth_date", "bsn"})  # by these a person is known again
FREE_TEXT = frozenset(  # stored as it is written
    {"birth_place", "birth_country", "nationality", "residence_permit", "other_languages", "reference"}
)
