"""Views on attendance in a browser: the dashboard, the month of a group, lessons now, occupancy, lesson hours."""

import io

import pytest
from pypdf import PdfReader

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e


def walk(visitor: Visitor) -> None:
    """From the dashboard to a group's month, and past the other pages, each accessible and no wider than the screen."""
    visitor.sign_in("bram")
    page = visitor.page
    page.goto("/dashboard/")
    visitor.check("dashboard")
    page.locator("section[aria-labelledby=weeks] tbody a").first.click()
    page.get_by_role("heading", level=1).wait_for()
    visitor.check("month-of-a-group")
    earlier = page.locator("nav[aria-label='Andere maanden'] a").first
    earlier.click()
    page.wait_for_url("**/maand/?maand=*")
    assert page.locator("table.grid tbody tr").count() > 5
    assert page.locator("table.grid tbody .mark[data-state=present]").count() > 20
    for address in ("/lessen/nu/", "/groepen/bezetting/", "/lesuren/", "/lesuren/?lesuur=45", "/rooster/dag/", "/rooster/"):
        page.goto(address)
        visitor.check(address.strip("/").replace("/", "-").replace("?", "-"))


def test_views_on_a_desktop(desktop: Visitor) -> None:
    walk(desktop)


def test_views_on_a_phone(phone: Visitor) -> None:
    walk(phone)


def test_the_month_fits_on_one_sheet(desktop: Visitor) -> None:
    desktop.sign_in("bram")
    desktop.page.goto("/dashboard/")
    desktop.page.locator("section[aria-labelledby=weeks] tbody a").first.click()
    desktop.page.locator("table.grid").wait_for()

    printed = desktop.page.pdf(prefer_css_page_size=True)

    (sheet,) = PdfReader(io.BytesIO(printed)).pages
    assert sheet.mediabox.width > sheet.mediabox.height
