"""Lists at the desk and on a phone: sorted by a link in the head of a column, on and back, with the search kept."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e


def names(page: Page) -> list[str]:
    return page.locator("tbody th[scope=row] a:first-child").all_inner_texts()


def test_students_sorted_by_first_day_on_and_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/cursisten/")
    head = page.locator("thead")
    head.get_by_role("link", name="Gestart").click()
    head.get_by_role("link", name="Gestart").click()
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")
    first = names(page)
    visitor.check("students-sorted")
    page.get_by_role("link", name="Volgende").click()
    page.wait_for_url(re.compile("after="))
    assert set(names(page)).isdisjoint(first)
    expect(page.locator("th[aria-sort]")).to_have_text(re.compile("Gestart"))
    visitor.check("students-sorted-on")
    page.get_by_role("link", name="Vorige").click()
    page.wait_for_url(re.compile("before="))
    assert names(page) == first
    expect(page.get_by_role("link", name="Vorige")).to_have_count(0)


@pytest.mark.parametrize(("address", "column"), [("/groepen/", "Bezette plaatsen"), ("/opdrachtgevers/", "Soort")])
def test_other_lists_are_sorted_too(visitor: Visitor, address: str, column: str) -> None:
    visitor.sign_in("ineke")
    visitor.page.goto(address)
    visitor.page.locator("thead").get_by_role("link", name=column).click()
    expect(visitor.page.locator("th[aria-sort=ascending]")).to_have_text(re.compile(column))
    visitor.check(f"sorted-{column.split()[0].lower()}")


def test_a_search_stays_while_sorting_without_script(without_script: Visitor) -> None:
    page = without_script.page
    without_script.sign_in("ineke")
    page.goto("/cursisten/")
    field = page.locator("#search" if without_script.width > 768 else "#search-menu")
    if without_script.width < 768:
        page.locator(".menu-main summary").click()
    field.fill("abu zeid")
    field.press("Enter")
    found = names(page)
    page.locator("thead").get_by_role("link", name="Naam").click()
    page.wait_for_url(re.compile("sort=-name"))
    assert (names(page), "abu" in page.url) == (found[::-1], False)
    assert len(found) > 1
