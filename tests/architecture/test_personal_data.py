"""What the catalogue promises holds for every declared model, shown with canaries."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from stdnum import iban as iban_rules
from stdnum.nl import bsn as bsn_rules

from kvs import catalogue, categories, vocabulary
from kvs.catalogue import Category, Field, Purpose, Recipient, Retention
from kvs.environment import PROJECT
from kvs.invariants import REFERENCE
from kvs.terms import Kind, Reason
from tests import canaries
from tests.canaries import canaries_for, canary
from tests.scanner import fold, scan

PERSONAL = catalogue.personal_models()
OURS = [model for model in PERSONAL if Path(apps.get_app_config(model._meta.app_label).path).parent == PROJECT]
WORDS = vars(vocabulary) | vars(categories)
POLICIES = {"A": "policy_a_meester_in_nt2.txt", "B": "policy_b_jar_opleidingen.txt"}


def label(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", OURS, ids=label)
def test_the_text_of_a_row_says_nothing_personal(model: type[models.Model]) -> None:
    """I3: str() and repr() end up in logs, messages and error reports."""
    planted = canaries_for(model, 1)
    row = model(**{name: found.value for name, found in planted.items()})
    needles = [found.needle for found in planted.values() if found.needle]
    assert scan(f"{row} {row!r}".encode(), needles) == set()


@pytest.mark.parametrize("model", PERSONAL, ids=label)
def test_every_personal_column_has_a_valid_canary(model: type[models.Model]) -> None:
    for name, found in canaries_for(model, 1).items():
        column = model._meta.get_field(name)
        try:
            column.clean(found.value, None)  # type: ignore[union-attr]  # columns, no reverse relations
        except ValidationError as problem:
            pytest.fail(f"{label(model)}.{name}: {problem}")


def test_canaries_are_unique_between_columns_and_between_people() -> None:
    needles = [found.needle for model in PERSONAL for person in (1, 2) for found in canaries_for(model, person).values()]
    needles = [fold(needle) for needle in needles if needle]
    assert len(needles) > 50
    assert len(needles) == len(set(needles))
    assert [(one, other) for one in needles for other in needles if one != other and one in other] == []


def test_canaries_of_each_kind_obey_the_rules_of_that_kind() -> None:
    assert len(canaries.numbers_of_nobody()) == 909
    assert set(canaries.OF_A_KIND) == set(Kind) - {Kind.TEXT}
    for seed in range(300):
        assert bsn_rules.is_valid(canaries.bsn(seed))
        assert iban_rules.is_valid(canaries.iban(seed), check_country=False)
        assert re.fullmatch(r"06\d{8}", canaries.phone(seed))
        assert re.fullmatch(r"\d{4} [A-Z]{2}", canaries.postcode(seed))
        assert re.fullmatch(r"[A-NP-Z0-9]{9}", canaries.document(seed))
        assert fold(canaries.name(seed)) != canaries.name(seed).casefold() or canaries.name(seed).isascii()
    for make in canaries.OF_A_KIND.values():
        assert len({make(seed) for seed in range(600)}) == 600


def test_a_new_column_gets_a_canary_by_itself() -> None:
    column = models.CharField(max_length=34)
    column.set_attributes_from_name("account_number")
    column.model = PERSONAL[0]
    field = Field("account_number", categories.BANK_ACCOUNT)
    assert iban_rules.is_valid(canary(field, column, 1).value, check_country=False)
    assert canary(field, column, 1) == canary(field, column, 1)
    assert canary(field, column, 1) != canary(field, column, 2)


def test_the_words_cite_sentences_that_exist() -> None:
    """Every reference has a known form; where the policies lie beside the project, the cited text is in them."""
    words = [word for word in WORDS.values() if isinstance(word, Category | Purpose | Recipient | Retention)]
    assert len(words) > 40
    references = {reference for word in words for reference in word.references}
    assert [reference for reference in references if not REFERENCE.fullmatch(reference)] == []
    for policy, name in POLICIES.items():
        for file in Path(PROJECT).parent.glob(f"shared/policies/{name}"):
            cited = {reference for reference in references if reference.startswith(f"{policy} ") or reference[:2] == f"{policy}:"}
            assert sorted(reference for reference in cited if not stands_in(reference, file.read_text())) == []


def stands_in(reference: str, policy: str) -> bool:
    """Whether a quotation occurs literally, or a numbered article exists (the policy numbers members by line)."""
    if reference.startswith("A: "):
        return reference.removeprefix("A: ") in policy
    article, *member = reference.removeprefix("B ").split(".")
    headings = rf"(?ms)^Artikel {article}\b(.*?)(?=^Artikel \d|\Z)"
    found = re.search(headings, policy)
    return found is not None and all(re.search(rf"{part}\.|{article}\.{part}|\b{part}\b", found[1]) for part in member[:1])


def test_codes_are_unique() -> None:
    for kind in (Category, Purpose, Recipient, Retention):
        codes = [word.code for word in WORDS.values() if isinstance(word, kind)]
        assert len(codes) == len(set(codes))


def test_there_are_ten_reasons() -> None:
    assert len(Reason) == 10


def test_the_audit_of_the_settings_page_is_not_lost() -> None:
    """Choices of the school are no personal data, yet who changed them is recorded."""
    from kvs.models import RoleSetting  # noqa: PLC0415

    assert catalogue.audited_fields(RoleSetting) == ["role", "idle_minutes", "absolute_minutes"]


def test_settings_store_no_uploads_in_a_folder() -> None:
    assert settings.MEDIA_ROOT == ""
