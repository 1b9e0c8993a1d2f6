"""What every test stands on: the throw-away servers bin/test starts, and which skips a full run allows."""

import os
import shutil
import uuid

import pytest
from django.utils.translation.reloader import translation_file_changed
from pytest_django import Settings

from kvs import ledger_guard, waiting
from kvs.translations import compile_catalogues

pytest_plugins = ["tests.people"]

NEEDS_ROOT = "only root can do this"
NEEDS_CHROMIUM = "Chromium is not installed: apt-get install chromium"

# In a full run (CI=true) any other skip fails it: a test that quietly stopped running proves nothing.
ALLOWED_SKIPS = {NEEDS_ROOT}

if "KVS_DATABASE_URL" not in os.environ:
    pytest.exit("Run the tests with bin/test: it starts the servers they need.", returncode=2)

# Pages are judged in the language people read; Django, already set up by now, is told that the words are there.
for _compiled in compile_catalogues():
    translation_file_changed(None, _compiled)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if shutil.which("chromium"):
        return
    for item in items:
        if item.get_closest_marker("e2e"):
            item.add_marker(pytest.mark.skip(reason=NEEDS_CHROMIUM))


@pytest.fixture(autouse=True)
def ledger_of_this_test(settings: Settings, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of a test go with it; a file of erasures that stayed would know more than the next test's database."""
    settings.LEDGER_FILE = tmp_path_factory.getbasetemp() / f"ledger-{uuid.uuid4()}" / "erasures.log"
    monkeypatch.setitem(ledger_guard._seen, "good", None)


@pytest.fixture(autouse=True)
def figures_of_this_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are counted at their dearest: no figure of the navigation is kept from the page before."""
    monkeypatch.setattr(waiting, "KEPT_SECONDS", 0)


def unexpected_skips(config: pytest.Config) -> list[str]:
    """The reasons of skips that a full run does not allow; empty outside a full run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return []
    reasons = {report.longrepr[2].removeprefix("Skipped: ") for report in reporter.stats.get("skipped", [])}
    return sorted(reasons - ALLOWED_SKIPS)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if unexpected_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for reason in unexpected_skips(config):
        terminalreporter.line(f"Not allowed in a full run: skipped because {reason}", red=True)
