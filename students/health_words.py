"""Words that say what somebody suffers from. They may stand in no note: not the nature of an illness (policy B 3.1.8), not that
somebody is ill (AVG 9; domain/blik_op_werk_and_municipalities.md, section 5: "warn on medical words in notes").

No list is complete: it catches the slip, the sentence beside the field tells the rule.
"""

from students.rules import folded

# A word as it stands, or, with a star, everything that begins so. Folded: lower case, without accents.
WORDS = (
    *("ziek*", "griep*", "koorts*", "verkouden*", "corona*", "covid*", "kanker*", "tumor*", "chemo*", "bestraling*"),
    *("depress*", "burnout*", "overspannen", "ptss", "trauma*", "psychiat*", "psycholo*", "psychose*", "therapie*", "therapeut*"),
    *("zwanger*", "bevalling*", "bevallen", "miskraam*", "abortus", "hiv", "aids", "hepatitis", "tuberculose", "tbc"),
    *("diabetes", "suikerziek*", "astma*", "epilep*", "migraine*", "reuma*", "hernia*", "rugpijn", "rugklacht*", "hartklacht*"),
    *("hartinfarct*", "beroerte*", "operatie*", "geopereerd", "medicijn*", "medicatie", "diagnos*", "huisarts*", "specialist"),
    *("verslaafd*", "verslaving*", "alcoholis*", "autis*", "adhd", "handicap*", "gehandicapt*", "invalide*", "dement*"),
    *("sick*", "illness*", "disease*", "flu", "fever", "cancer", "pregnan*", "surgery", "hospital*", "medicat*", "disab*"),
)
_WHOLE = frozenset(word for word in WORDS if not word.endswith("*"))
_STEMS = tuple(word[:-1] for word in WORDS if word.endswith("*"))


def says_health(text: str) -> bool:
    """Whether a word of `text` says something about somebody's health."""
    return any(word in _WHOLE or word.startswith(_STEMS) for word in folded(text.replace("-", "")).split())
