"""Journeys in a real browser: one whole running school, a desktop and a phone, and what must hold on every page.

KVS_SCREENSHOTS names a folder for the pictures of every checked page: look at them.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from kvs.demo import DOMAIN, PASSWORD
from tests.running import RunningSchool, data_folder, start_school

REGION = ("region",)  # all of a page lies in a landmark: no criterion of WCAG, and what a screen reader walks by
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
DESKTOP, PHONE = 1280, 390


@dataclass
class Visitor:
    """One browser window on the running school; it remembers what a good page never does."""

    page: Page
    school: RunningSchool
    width: int
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        own_status = message.text.startswith("Failed to load resource") and message.location["url"] == self.page.url
        if message.type in ("error", "warning") and not own_status:  # an error page may have its status
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.school.url}/", "data:")):
            self.complaints.append(f"foreign request: {request.url}")

    def sign_in(self, name: str) -> None:
        """Sign in as a person of the demo school (kvs.demo.STAFF) with her password."""
        self.page.goto("/aanmelden/")
        self.page.get_by_label("E-mailadres").fill(f"{name}@{DOMAIN}")
        self.page.get_by_label("Wachtwoord").fill(PASSWORD)
        self.page.get_by_role("button", name="Aanmelden").click()
        self.page.wait_for_url(lambda url: "/aanmelden/" not in url)

    def say_why_it_goes(self) -> None:
        """Choose why a report is handed over all the same: early in a month lessons of the last one wait for a signature."""
        why = self.page.get_by_label("een nieuwe versie volgt")
        if why.count():
            why.check()

    def check(self, name: str, *rules: str) -> None:
        """What holds on every page: accessible, silent, nothing foreign, never wider than the screen. Takes a picture.

        `rules` are rules of axe that are asked as well.
        """
        self.page.wait_for_load_state()  # a click returns as soon as the next page begins
        if folder := os.environ.get("KVS_SCREENSHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}-{self.width}.png", full_page=True)
        window = self.page.viewport_size
        assert window
        # As tall as the page: axe calls a button too small when a sticky bar happens to lie over half of it.
        self.page.set_viewport_size({**window, "height": self.page.evaluate("document.documentElement.scrollHeight")})
        options = {"runOnly": WCAG, "rules": {rule: {"enabled": True} for rule in rules}}
        found = Axe().run(self.page, options=options).response["violations"]
        self.page.set_viewport_size(window)
        wrong = [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        wrong += self.complaints + ([f"{wide} pixels wide"] if wide > self.width else [])
        assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="package")
def school() -> Iterator[RunningSchool]:
    """A whole school on its own folder and port; the tests of this folder share it."""
    with data_folder() as var, start_school(var) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium of the system. Playwright keeps an event loop in this thread; Django would refuse it (decisions.md 11)."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium
        chromium.close()


def visit(browser: Browser, school: RunningSchool, width: int, *, script: bool = True) -> Iterator[Visitor]:
    """A window of its own, closed afterwards; `script` false is a browser without JavaScript."""
    context = browser.new_context(
        base_url=school.url,
        viewport={"width": width, "height": 844 if width == PHONE else 900},
        java_script_enabled=script,
        is_mobile=width == PHONE,
        has_touch=width == PHONE,
        locale="nl-NL",
        timezone_id="Europe/Amsterdam",
        reduced_motion="reduce",
        ignore_https_errors=bool(school.front),  # its certificate is signed by nobody
    )
    yield Visitor(context.new_page(), school, width)
    context.close()


@pytest.fixture
def desktop(browser: Browser, school: RunningSchool) -> Iterator[Visitor]:
    yield from visit(browser, school, DESKTOP)


@pytest.fixture
def phone(browser: Browser, school: RunningSchool) -> Iterator[Visitor]:
    yield from visit(browser, school, PHONE)


@pytest.fixture
def colleague(browser: Browser, school: RunningSchool) -> Iterator[Visitor]:
    """A second person at the same time."""
    yield from visit(browser, school, DESKTOP)


@pytest.fixture(params=[DESKTOP, PHONE])
def without_script(request: pytest.FixtureRequest, browser: Browser, school: RunningSchool) -> Iterator[Visitor]:
    """Both screens, in a browser without JavaScript."""
    yield from visit(browser, school, request.param, script=False)


@pytest.fixture(params=["desktop", "phone"])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    """The same journey on both screens."""
    found: Visitor = request.getfixturevalue(request.param)
    return found
