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
    *("ontsteking*", "longontsteking*", "blaasontsteking*", "keelontsteking*", "hersenschudding*", "allergi*"),
    *("sick*", "illness*", "disease*", "flu", "fever", "cancer", "pregnan*", "surgery", "hospital*", "medicat*", "disab*"),
)
# Also names of work and of where it is done: no slip where somebody tells what work they did.
CARE = (
    *("ziekenhuis*", "ziekenverzorg*", "ziekenauto*", "gehandicaptenzorg*", "verslavingszorg*", "psychiat*", "psycholo*"),
    *("therapeut*", "huisarts*", "specialist", "operatieassist*", "hospital*"),
)


def says_health(text: str, *, of_work: bool = False) -> bool:
    """Whether a word of `text` says something about somebody's health. `of_work`: the text tells what work somebody did, so
    who worked in a hospital may say so.
    """
    words = folded(text.replace("-", "")).split()
    return any(_listed(word, WORDS) and not (of_work and _listed(word, CARE)) for word in words)


def _listed(word: str, known: tuple[str, ...]) -> bool:
    return any(word.startswith(one[:-1]) if one.endswith("*") else word == one for one in known)
