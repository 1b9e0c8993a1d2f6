"""The pictures of the README, made from the demo school: KVS_PICTURES=docs/pictures bin/test tests/e2e/test_pictures.py"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

LARGEST = 250_000  # bytes; the repository keeps every version


def take(page: Page, name: str, elsewhere: Path) -> None:
    """A picture of the window, in the folder that KVS_PICTURES names."""
    path = Path(os.environ.get("KVS_PICTURES") or elsewhere) / f"{name}.png"
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, scale="css")
    assert 10_000 < path.stat().st_size < LARGEST


def test_the_register(desktop: Visitor, tmp_path: Path) -> None:
    desktop.sign_in("marijke")
    desktop.page.goto("/vandaag/")
    earlier = desktop.page.locator("section[aria-labelledby=earlier]")  # at night the lesson of today is not open yet
    earlier.locator("a[href^='/lessen/']").first.click()
    desktop.page.locator("[data-tap]").first.wait_for()
    take(desktop.page, "register", tmp_path)


def test_the_student_page(desktop: Visitor, tmp_path: Path) -> None:
    desktop.sign_in("marijke")
    desktop.page.goto("/cursisten/")
    desktop.page.locator("main table a[href^='/cursisten/']").nth(3).click()
    desktop.page.wait_for_url("**/cursisten/*-*/")
    take(desktop.page, "student", tmp_path)
