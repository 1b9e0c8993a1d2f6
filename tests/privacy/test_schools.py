"""Policy A and policy B are settings of a school, without code: loaded here, told on the public pages, and compared."""

from pathlib import Path

import pytest
from django.urls import reverse

from kvs.environment import PROJECT
from kvs.models import Organisation, User
from kvs.school import change_school
from privacy.actions.requests import change_terms
from privacy.actions.retention import change_period
from privacy.actions.statements import record_statements
from privacy.models.terms import settings_of_school
from privacy.statements.compare import contradictions
from privacy.statements.school import said, this_school
from privacy.statements.words import STATEMENTS
from tests.people import Browser, signed_in
from tests.privacy.schools import A, B, PolicySchool

BOTH = pytest.mark.parametrize("policy", [A, B], ids=["A", "B"])


def load(policy: PolicySchool, by: User) -> None:
    """The school of this policy, by the same actions as its pages."""
    organisation = Organisation.objects.get()
    change_school(version=organisation.version, by=by, changes={"name": policy.name})
    for code, (years, months) in policy.periods.items():
        change_period(code=code, years=years, months=months, version=0, by=by)
    change_terms(version=settings_of_school().version, by=by, changes=policy.terms)
    record_statements(answers=policy.answers, version=0, by=by)


@BOTH
def test_every_question_is_answered_with_words_of_the_policy(policy: PolicySchool) -> None:
    """Where the policies lie beside the project, the quotations are looked up in them."""
    assert list(policy.says) == [statement.key for statement in STATEMENTS]
    options = {statement.key: {found.code for found in statement.options} for statement in STATEMENTS}
    assert {key: answer.codes - options[key] for key, answer in policy.answers.items() if answer.codes - options[key]} == {}
    for file in Path(PROJECT).parent.glob(f"shared/policies/{policy.file}"):
        text = " ".join(file.read_text().split())
        assert [quote for _answer, quote in policy.says.values() if " ".join(quote.split()) not in text] == []


@BOTH
def test_the_contradictions_of_this_school_are_these_and_no_others(policy: PolicySchool, dana: User) -> None:
    load(policy, dana)

    found = contradictions(said(), this_school())

    assert [(row.statement.key, row.outcome) for row in found] == policy.contradictions


def test_a_tells_its_own_periods_and_the_terms_of_the_law(dana: User) -> None:
    load(A, dana)

    data, rights = _public("reporting:data_and_why"), _public("privacy:your_rights")

    assert ("3 jaar na het einde van het laatste traject" in data, "6 jaar" in data) == (True, False)
    assert "Wij antwoorden binnen 31 dagen" in rights
    assert "hooguit 62 dagen langer" in rights


def test_b_tells_its_own_periods_and_terms(dana: User) -> None:
    load(B, dana)

    data, rights = _public("reporting:data_and_why"), _public("privacy:your_rights")

    assert "3 jaar na het einde van het laatste traject" in data
    assert "6 jaar na het einde van het laatste traject" in data
    assert "Wij antwoorden binnen 28 dagen" in rights
    assert "hooguit 28 dagen langer" in rights


def test_the_rights_are_public_and_set_no_cookie(school: Organisation) -> None:
    answer = Browser().get("/uw-rechten/")

    assert (answer.status_code, answer.cookies.output()) == (200, "")


@BOTH
def test_the_page_names_each_contradiction_once_with_a_sentence(policy: PolicySchool, dana: User) -> None:
    load(policy, dana)

    page = signed_in(dana).get(reverse("privacy:statements")).content.decode()

    assert [key for key, _outcome in policy.contradictions if page.count(f'id="{key}"') != 1] == []
    assert page.count('class="sentence"') == len(policy.contradictions)


def _public(name: str) -> str:
    return Browser().get(reverse(name)).content.decode()
