"""The law as people read it: no abbreviation of an article, in no letter and on no page."""

import re

import pytest

from kvs import categories, vocabulary
from kvs.catalogue import Category, Purpose, Recipient, Retention
from privacy import rules, words


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("AVG 17(3)(b)", "artikel 17 lid 3 onder b AVG"),
        ("AVG 12(2), 12(6)", "artikel 12 lid 2 en artikel 12 lid 6 AVG"),
        ("UAVG 41", "artikel 41 Uitvoeringswet AVG"),
        ("AWR 52(4)", "artikel 52 lid 4 Algemene wet inzake rijksbelastingen"),
        ("Regeling inburgering 4.2", "artikel 4.2 Regeling inburgering"),
        ("B 9.5", "privacybeleid, artikel 9.5"),
        ("A: Klantmanager", "privacybeleid: “Klantmanager”"),
        ("Archiefwet 3", "Archiefwet 3"),
    ],
)
def test_a_reference_in_words(reference: str, said: str) -> None:
    assert words.cited(reference) == said


def test_every_ground_and_every_reference_has_words() -> None:
    known = (vars(vocabulary) | vars(categories)).values()
    cited = {name for word in known if isinstance(word, Category | Purpose | Recipient | Retention) for name in word.references}
    laws = {name for name in [*cited, *rules.ARTICLES.values(), *rules.RIGHTS.values()] if name and name[:2] not in ("A:", "B ")}
    assert [name for name in laws if not re.match("artikel [0-9]", words.law_in_words(name))] == []
    assert [name for name in laws if "(" in words.law_in_words(name)] == []


def test_a_period_says_why_and_where_it_stands() -> None:
    said = "De school moet kunnen laten zien wie heeft gekeken en wie iets heeft gewijzigd"
    assert words.ground_of(vocabulary.LOG_PERIOD) == f"{said} (privacybeleid, artikel 7; artikel 32 AVG)"
    assert words.ground_of(vocabulary.SESSION_PERIOD) == "Privacybeleid, artikel 7; artikel 5 lid 1 onder e AVG"
