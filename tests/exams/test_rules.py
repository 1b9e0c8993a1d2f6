"""Levels and exam parts against the facts they were made from."""

import csv
from pathlib import Path

import pytest

from exams import rules
from exams.models import ExamAttempt, ExamLevel, ExamPart, Level, Skill

FACTS = Path(__file__).resolve().parents[3] / "shared/data/exam-facts"
SKILL = {"lezen": "le", "schrijven": "sc", "luisteren": "lu", "spreken": "sp"}


def test_choices_and_rules_name_the_same() -> None:
    assert tuple(Level.values) == rules.LEVELS
    assert tuple(Skill.values) == rules.SKILLS
    assert sorted(ExamPart.values) == sorted(rules.PART_CODES)
    assert tuple(ExamAttempt.Result.values) == rules.EXAM_RESULTS
    assert tuple(ExamAttempt.Reason.values) == ("", *rules.REASONS)
    assert tuple(ExamLevel.values) == ("", *rules.EXAM_LEVELS)


@pytest.mark.parametrize(
    ("law", "part", "level", "expected"),
    [
        ("wi2021", "le", "b1", True),
        ("wi2021", "le", "", False),  # a language part has a level
        ("wi2021", "knm", "", True),
        ("wi2021", "knm", "a2", False),
        ("wi2021", "ona", "", False),  # only the Wi2013 has ONA
        ("wi2013", "ona", "", True),
        ("wi2013", "le", "b1", False),
        ("wi2013", "map", "", False),
        ("none", "le", "a2", False),  # no duty: the state exam only
        ("none", "nt2_1_le", "b1", True),
        ("none", "nt2_1_le", "b2", False),
        ("wi2007", "le", "a2", False),  # nothing is known of its parts
        ("wi2007", "nt2_2_sp", "b2", True),
    ],
)
def test_which_exam_belongs_to_which_law(law: str, part: str, level: str, expected: bool) -> None:
    assert rules.fits(law, part, level) is expected


@pytest.mark.skipif(not FACTS.exists(), reason="the shared data are not here")
def test_parts_are_those_of_the_facts() -> None:
    found = set()
    with (FACTS / "exam_parts.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file, delimiter=";"):
            levels = tuple(level.lower() for level in row["niveaus"].split("|") if level)
            primary = row["zekerheid"].startswith("primair")
            if row["wet"] == "-":
                programme = "2" if row["examen"].endswith("II") else "1"
                found.add((row["wet"], f"nt2_{programme}_{SKILL[row['onderdeel']]}", levels, False))
            else:
                found.add((row["wet"].lower(), row["code"].lower(), levels, primary))

    own = {
        ("-" if part.code.startswith("nt2") else law, part.code, part.levels, part.confirmed)
        for law in ("wi2021", "wi2013")
        for part in rules.parts_of(law)
    }

    # The PVT of the Wi2013 stands in domain/duo.md 3.2 only.
    assert own == found | {("wi2013", "pvt", (), False)}


@pytest.mark.skipif(not FACTS.exists(), reason="the shared data are not here")
def test_reasons_are_those_of_duo() -> None:
    with (FACTS / "duo_enumeraties.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    duo = [row["code"] for row in rows if row["schema"] == "RedenGeenResultaatInburgeringsexamen"]

    assert dict(zip(duo, rules.REASONS, strict=True)) == {
        "Verwijtbaar": "culpable",
        "Nietverwijtbaar": "not_culpable",
        "Afgemeld": "withdrawn",
        "Absent": "absent",
    }
