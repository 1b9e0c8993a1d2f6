"""The stored sentinel of the keys: a process with other keys must not start, for it would write what nobody can read.

decisions.md 43; privacy_engineering.md LAB 5: the encryption library itself notices nothing.
"""

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from kvs.environment import EnvironmentProblem, keys_folder, read_keys
from kvs.fields import SealBroken, blind_index
from kvs.models import KeySentinel

KNOWN = "the keys of this school"


def known_values(index: str | None = None, secret: str | None = None) -> dict[str, str]:
    """What the present keys, or these, make of the known value."""
    return {
        "index": blind_index("sentinel", KNOWN, key=index),
        "secret": salted_hmac("kvs.sentinel", KNOWN, secret=secret).hexdigest(),
    }


def write_sentinel() -> None:
    """Store what the present keys make of the known values: at the first start, and as the last step of a rotation."""
    KeySentinel.objects.update_or_create(pk=1, defaults={"sealed": KNOWN, **known_values()})


def check_sentinel() -> None:
    """Raise EnvironmentProblem, naming the key, when the present keys are not those the data were made with."""
    try:
        stored = KeySentinel.objects.filter(pk=1).first()
    except SealBroken:
        raise _wrong("seal") from None
    if stored is None:
        raise EnvironmentProblem("The database does not know its keys yet: start the school once with 'bin/run'.")
    if stored.sealed != KNOWN:
        raise _wrong("seal")
    for name, value in known_values().items():
        if getattr(stored, name) != value:
            raise _wrong(name)


def check_key_files() -> None:
    """Raise EnvironmentProblem when a key file is gone, or another than this process works with: its next start would fail."""
    files = read_keys(keys_folder())
    if files.seal[0] not in settings.SEAL_KEYS():
        raise _wrong("seal")
    for name, key in {"index": settings.INDEX_KEY, "secret": settings.SECRET_KEY}.items():
        if getattr(files, name) != key:
            raise _wrong(name)


def guard_start() -> None:
    """Called when a web or worker process starts: write the sentinel of a new database, then check it.

    Raises EnvironmentProblem. Closes the connection it used: children of this process must not share it.
    """
    try:
        if not KeySentinel.objects.filter(pk=1).exists():
            KeySentinel.objects.get_or_create(pk=1, defaults={"sealed": KNOWN, **known_values()})
        check_sentinel()
    finally:
        connection.close()


def _wrong(name: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"The key '{name}' is not the one this database was made with. Put the right key back; "
        "starting with another one would make data unreadable."
    )
