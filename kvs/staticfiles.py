"""Browser files out of Python packages: exactly the ones used, under names of our own.

No third-party file is committed and no foreign server is asked: the wheels pinned in requirements.lock carry them.
"""

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage, Storage

# Name on the site -> (package, path inside it). The source maps are here because the manifest refuses a stylesheet
# that names a file it cannot find.
FILES = {
    "vendor/bootstrap.min.css": ("django_include_bootstrap", "static/css/bootstrap.min.css"),
    "vendor/bootstrap.min.css.map": ("django_include_bootstrap", "static/css/bootstrap.min.css.map"),
    "vendor/bootstrap.rtl.min.css": ("django_include_bootstrap", "static/css/bootstrap.rtl.min.css"),
    "vendor/bootstrap.rtl.min.css.map": ("django_include_bootstrap", "static/css/bootstrap.rtl.min.css.map"),
    "vendor/htmx.min.js": ("django_htmx", "static/django_htmx/htmx-2.min.js"),
    "vendor/source-sans-3.ttf": ("fontpkg_source_sans_3", "files/SourceSans3[wght].ttf"),
}


def _location(package: str, inside: str) -> Path:
    """Where a packaged file lies; raises FileNotFoundError when the package no longer ships it."""
    spec = find_spec(package)
    path = Path(spec.origin).parent / inside if spec and spec.origin else None
    if path is None or not path.is_file():
        raise FileNotFoundError(f"{package} does not ship {inside}: an update moved it, see kvs/staticfiles.py.")
    return path


class PackageStorage(FileSystemStorage):
    """Reads the files of FILES by their name on the site; writes nothing."""

    def path(self, name: str) -> str:
        """Absolute path of a file of FILES; raises KeyError for any other name."""
        return str(_location(*FILES[Path(name).as_posix()]))


class PackageFinder(BaseFinder):
    """Offers the files of FILES to collectstatic."""

    storage = PackageStorage()

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing to configure, so nothing to check."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of `path`, or an empty list when it is not ours (Django's contract)."""
        if path not in FILES:
            return []
        found = str(_location(*FILES[path]))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """Every file with the storage that reads it."""
        for name in FILES:
            if not matches_patterns(name, ignore_patterns or ()):
                yield name, self.storage
