"""Names, dates, numbers and the ground for a BSN: pure functions and constants, each with its source."""

import datetime as dt
import re
import unicodedata
from calendar import monthrange

# Letters that Unicode does not take apart into a base letter and an accent.
WHOLE_LETTERS = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}  # after casefold
)


def folded(text: str) -> str:
    """Lower case, without accents, signs and double spaces, so that "Şahin" and "sahin" meet. Other scripts stay."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(WHOLE_LETTERS))
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return re.sub(r"[^\w]+", " ", plain).strip()


def sort_key(surname: str, call_name: str) -> str:
    """What a list of people is ordered by: surname without prefix, then call name (NEN 1888; decisions.md 39)."""
    return f"{folded(surname)} {folded(call_name)}".strip()


def search_text(*, given_names: str, call_name: str, infix: str, surname: str, number: str) -> str:
    """All words somebody may be looked up by, each preceded by a space so that " vri" finds the start of a word."""
    words: list[str] = []
    for part in (given_names, call_name, infix, surname, number):
        words += [word for word in folded(part).split() if word not in words]
    joined = folded(f"{infix}{surname}").replace(" ", "")  # "vandenberg" finds "van den Berg"
    return " " + " ".join([*words, joined])


def identity_text(first: str, surname: str, year: int | None, month: int | None, day: int | None) -> str:
    """One text for a name, folded, and a date of birth as far as it is known: for keyed indexes only."""
    return "|".join([folded(f"{first} {surname}"), *(str(part or "") for part in (year, month, day))])


def birth_date_problem(year: int | None, month: int | None, day: int | None) -> str:
    """Why these parts cannot be a (partly unknown) date of birth: "", "gap", "month", "day" (decisions.md 40)."""
    if (day is not None and month is None) or (month is not None and year is None):
        return "gap"
    if month is not None and not 1 <= month <= 12:
        return "month"
    if year is not None and month is not None and day is not None and not 1 <= day <= monthrange(year, month)[1]:
        return "day"
    return ""


def age_on(day: dt.date, year: int | None, month: int | None, birth_day: int | None) -> int | None:
    """Whole years on `day`, or None when the year is unknown. An unknown month or day counts as not yet passed."""
    if year is None:
        return None
    passed = (day.month, day.day) >= (month or 12, birth_day or 31)
    return day.year - year - (0 if passed else 1)


def next_number(year: int, last: str | None) -> str:
    """The student number after `last` in `year`: "2026-0148" after "2026-0147"."""
    serial = int(last.split("-")[1]) + 1 if last and last.startswith(f"{year}-") else 1
    return f"{year}-{serial:04d}"


def bsn_ground(law: str, *, has_duo_loan: bool) -> str:
    """On which ground a programme may hold a BSN (codes of Programme.BsnBasis); nothing: none, and so no BSN.

    An integration duty: delivery of course data to DUO (Besluit inburgering art. 6.2). A DUO loan: the invoice on it
    (Regeling inburgering art. 4.2). UAVG art. 46: without such a law no BSN, whatever somebody agrees to.
    """
    if law in ("wi2007", "wi2013", "wi2021"):
        return "isi_delivery"
    return "loan_invoice" if has_duo_loan else ""


def month_after(day: dt.date) -> dt.date:
    """The last day of a period of one month that begins on `day` (Regulation 1182/71 art. 3(2)(c)): the same date in the next
    month, or its last day when it has no such date. For art. 14(3)(a) AVG.
    """
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return dt.date(year, month, min(day.day, monthrange(year, month)[1]))


def postcode_normalised(text: str) -> str:
    """ "1234ab" as "1234 AB"; anything that is no Dutch postcode comes back as typed, trimmed."""
    found = re.fullmatch(r"\s*([1-9]\d{3})\s?([A-Za-z]{2})\s*", text)
    return f"{found[1]} {found[2].upper()}" if found else text.strip()


# Languages people ask to be addressed in: ISO 639-3 code and own name. Others can be added without a migration.
CONTACT_LANGUAGES = (
    ("nld", "Nederlands"),
    ("eng", "English"),
    ("amh", "አማርኛ"),
    ("ara", "العربية"),
    ("ckb", "کوردیی ناوەندی"),
    ("deu", "Deutsch"),
    ("fas", "فارسی"),
    ("fra", "français"),
    ("hin", "हिन्दी"),
    ("ind", "Bahasa Indonesia"),
    ("kmr", "Kurmancî"),
    ("nep", "नेपाली"),
    ("pol", "polski"),
    ("por", "português"),
    ("prs", "دری"),
    ("pus", "پښتو"),
    ("ron", "română"),
    ("rus", "русский"),
    ("som", "Soomaali"),
    ("spa", "español"),
    ("swa", "Kiswahili"),
    ("tam", "தமிழ்"),
    ("tha", "ไทย"),
    ("tir", "ትግርኛ"),
    ("tur", "Türkçe"),
    ("ukr", "українська"),
    ("urd", "اردو"),
    ("vie", "Tiếng Việt"),
    ("zho", "中文"),
)


# What the school asks until it writes its own text: plain words, one thing at a time, and what a no changes (AVG 4(11), 7(2)
# and (4): free, specific, informed; never a condition). These are data of the school, in its own language.
CONSENT_TEXTS_FROM = dt.date(2018, 5, 25)  # nothing was asked before the AVG
CONSENT_TEXTS = {
    "photo": (
        "De school mag foto's en filmpjes laten zien waar u op staat. Bijvoorbeeld op de website of in een folder. "
        "Dit hoeft niet. Zegt u nee, dan verandert er niets aan uw lessen."
    ),
    "keep_in_touch": (
        "De school mag u na uw cursus bellen of mailen. Bijvoorbeeld om te vragen hoe het met u gaat of om te vertellen over "
        "een nieuwe cursus. Dit hoeft niet. Zegt u nee, dan verandert er niets aan uw lessen."
    ),
    "private_client": (
        "De school mag aan deze opdrachtgever vertellen hoe vaak u in de les bent en hoe het met u gaat in de cursus. "
        "Dit hoeft niet. Zegt u nee, dan vertelt de school niets over u. Uw lessen gaan gewoon door."
    ),
}
