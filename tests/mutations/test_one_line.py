"""One line of a promise is broken in a copy of the project; the test that watches over it turns red there.

Each case: what is promised, the file, the line as it is, as it becomes, and the test that must notice. A test of every page
walks through the broken `page` only, and must name it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from kvs.environment import PROJECT
from tests.mutations.test_catalogue import APPS


class Broken(NamedTuple):
    """A line, what becomes of it, and who watches."""

    promise: str
    file: str
    line: str
    becomes: str
    test: str
    page: str = ""


EVERY_PAGE = "tests/architecture/test_every_page.py"
URLS = "tests/architecture/test_urls.py"
BROKEN = (
    Broken(
        "a student of another location is not found",
        "students/views/people.py",
        "get_object_or_404(with_groups(Student.objects.visible_to(request.user)",
        "get_object_or_404(with_groups(Student.objects",
        f"{URLS}::test_object_at_another_location[students:detail]",
    ),
    Broken(
        "a lesson of another location is not found",
        "attendance/views/register.py",
        "if not any(step.pk == pk and step.visible for step in course)",
        "if not any(step.pk == pk for step in course)",
        f"{URLS}::test_object_at_another_location[attendance:register]",
    ),
    Broken(
        "a role reads the fields the catalogue says",
        "students/views/people.py",
        "return {name for role in roles for name in catalogue.readable_by(Student, role)}",
        "return {field.name for field in catalogue.fields_of(Student)}",
        f"{EVERY_PAGE}::test_nobody_reads_more_or_less_than_the_catalogue_says",
    ),
    Broken(
        "opening a file leaves a line in it",
        "students/views/programmes.py",
        "    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)",
        "    pass",
        f"{EVERY_PAGE}::test_every_page_that_names_a_student_leaves_a_line_in_the_file",
        "students:programmes",
    ),
    Broken(
        "reading writes nothing",
        "students/views/portal.py",
        '        return render(request, "portal/language.html")',
        '        request.user.save()\n        return render(request, "portal/language.html")',
        f"{EVERY_PAGE}::test_reading_writes_nothing_but_access_lines",
        "students:language",
    ),
    Broken(
        "an erasure erases: one that only says it is done is caught",
        "privacy/actions/erasure.py",
        "    told = recipients_of(subject)\n    carry_out(plan, today)",
        "    told = recipients_of(subject)",
        "tests/privacy/test_erasure.py::test_a_student_without_account_or_anything_else",
    ),
    Broken(
        "an erasure that leaves rows undoes itself",
        "privacy/actions/erasure.py",
        '                model._base_manager.filter(pk__in=some)._raw_delete("default")',
        "                pass",
        "tests/privacy/test_erasure.py::test_erasing_again_after_a_restore",
    ),
    Broken(
        "numbers of a year stay when a file goes",
        "privacy/actions/erasure.py",
        "        freeze(Programme.objects.filter(pk__in=plan.goes.get(Programme, ())), today)",
        "        pass",
        "tests/reporting/test_numbers.py::test_the_totals_are_the_same_after_an_erasure",
    ),
    Broken(
        "what was typed is text, not HTML",
        "templates/students/_student_row.html",
        "{{ student.list_name }}",
        "{% autoescape off %}{{ student.list_name }}{% endautoescape %}",
        "tests/architecture/test_naughty.py::test_what_was_once_typed_is_text_on_every_page",
        "students:list",
    ),
    Broken(
        "unsigned lessons are no hours",
        "attendance/models/lessons.py",
        "self.filter(lesson__register__signed_at__isnull=False, lesson__cancelled=False)",
        "self.filter(lesson__cancelled=False)",
        "tests/acceptance/test_municipality.py",
    ),
    Broken(
        "the seal covers the minutes attended",
        "attendance/actions/seal.py",
        '"state", "minutes_missed", "minutes_attended", "teacher_at", "student_at")',
        '"state", "minutes_missed", "teacher_at", "student_at")',
        "tests/attendance/test_actions.py::test_tampering_after_signing_shows",
    ),
    Broken(
        "a sealed value opens in its own field only",
        "kvs/fields.py",
        "    if found != context.encode():",
        "    if not found:",
        "tests/kvs/test_fields.py::test_a_token_copied_from_another_field_does_not_open",
    ),
    Broken(
        "guessing slows one account down, not a class",
        "kvs/student_door.py",
        'guess(request, "pin_failed", counted_as)',
        'guess(request, "pin_failed", "everybody")',
        "tests/acceptance/test_doors.py::test_thirty_classmates_enter_at_once_while_one_pin_is_guessed",
    ),
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole project in a folder where it may be broken."""
    folder = tmp_path_factory.mktemp("copy")
    for name in (*APPS, "templates", "static", "locale", "tests"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    return folder


def run(folder: Path, test: str, page: str = "") -> subprocess.CompletedProcess[str]:
    """How `test` ends in `folder`, on a database of its own that the next run finds again."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    url = os.environ["KVS_DATABASE_URL"].replace("/kvs?", f"/broken{worker}?")
    assert "/broken" in url
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_") and name != "CI"}
    known |= {"KVS_ONLY_PAGE": page} if page else {}
    return subprocess.run(
        [sys.executable, "-m", "pytest", test, "-q", "-x", "--reuse-db", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        env={**known, "PYTHONPATH": str(folder), "KVS_DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_unbroken_the_watching_tests_are_green(copy: Path) -> None:
    ended = run(copy, BROKEN[0].test)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.promise for broken in BROKEN])
def test_a_broken_line_turns_its_test_red(copy: Path, broken: Broken) -> None:
    file = copy / broken.file
    whole = file.read_text()
    assert broken.line in whole
    file.write_text(whole.replace(broken.line, broken.becomes))
    try:
        ended = run(copy, broken.test, broken.page)
    finally:
        file.write_text(whole)
    failed = [line for line in ended.stdout.splitlines() if line.startswith("FAILED")]
    assert ended.returncode == 1, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert failed
    assert broken.test.split("::")[0] in failed[0]
    assert not broken.page or f"('{broken.page}'" in ended.stdout
