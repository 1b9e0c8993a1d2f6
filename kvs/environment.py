"""What the environment says: the data folder, switches and keys. No Django here, so that it can be read before settings are."""

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from urllib.parse import quote

from cryptography.fernet import Fernet

PROJECT = Path(__file__).resolve().parent.parent
RETIRED = "#"  # before the fingerprint of a key that was replaced, in the file of its successor


class EnvironmentProblem(Exception):
    """Something outside the code stands in the way of starting. Its text is one sentence a person can act on."""


@dataclass(frozen=True)
class Keys:
    """The secrets of one installation.

    `seal` is a list because rotation needs the old keys for reading; the first one writes (kvs/rotation.py). `ledger` is
    never replaced (kvs/ledger.py).
    """

    secret: str
    seal: list[str]
    index: str
    ledger: str


KEY_NAMES = tuple(field.name for field in fields(Keys))


def var_folder() -> Path:
    """The folder that holds all data of this installation (KVS_VAR).

    As root the default lies outside the checkout: PostgreSQL refuses to run as root and the unprivileged user it runs
    as often cannot reach a checkout (decisions.md 3).
    """
    chosen = os.environ.get("KVS_VAR")
    if chosen:
        return Path(chosen).resolve()
    return Path("/var/lib/kvs") if os.geteuid() == 0 else PROJECT / "var"


def keys_folder() -> Path:
    """Where the keys lie: KVS_KEYS (secrets mounted as files in production) or the data folder's `keys`."""
    chosen = os.environ.get("KVS_KEYS")
    return Path(chosen).resolve() if chosen else var_folder() / "keys"


def backups_folder() -> Path:
    """Where backups go: KVS_BACKUPS, best the disk of another machine, or the data folder's `backups`."""
    chosen = os.environ.get("KVS_BACKUPS")
    return Path(chosen).resolve() if chosen else var_folder() / "backups"


def flag(name: str) -> bool:
    """True when the variable is 1, false when it is 0, empty or absent; anything else raises EnvironmentProblem."""
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        raise EnvironmentProblem(f"{name} must be 0 or 1.")
    return value == "1"


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number from the environment; raises EnvironmentProblem when it is none, or too small."""
    value = os.environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit():
        raise EnvironmentProblem(f"{name} must be a whole number, not {value!r}.")
    if int(value) < at_least:
        raise EnvironmentProblem(f"{name} must be at least {at_least}.")
    return int(value)


def time_of_day(name: str, default: str) -> dt.time:
    """A time such as 02:30 from the environment; raises EnvironmentProblem when it is none."""
    value = os.environ.get(name) or default
    try:
        return dt.datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007  # the clock on the wall
    except ValueError:
        raise EnvironmentProblem(f"{name} must be a time such as 02:30, not {value!r}.") from None


def redis_url() -> str:
    """KVS_REDIS_URL, with the password of KVS_REDIS_PASSWORD_FILE when that is set."""
    url, password = os.environ.get("KVS_REDIS_URL", "redis://localhost:6379"), secret("KVS_REDIS_PASSWORD_FILE")
    return url.replace("://", f"://:{quote(password, safe='')}@", 1) if password else url


def default_url() -> str:
    """How browsers reach this school when KVS_URL does not say: the demonstration on this machine, else its first name."""
    if flag("KVS_DEMO"):
        return f"http://localhost:{number('KVS_PORT', 8000)}"
    first = os.environ.get("KVS_HOSTS", "localhost").split(",")[0].lstrip(".").replace("*", "localhost")
    return f"https://{first}"


def mail_security() -> str:
    """How e-mail travels to KVS_MAIL_HOST, as KVS_MAIL_SECURITY says: "starttls", "tls" or "none".

    By default encrypted, for a link in an e-mail opens an account; to this machine itself it need not be. Raises
    EnvironmentProblem.
    """
    here = os.environ.get("KVS_MAIL_HOST", "localhost") in ("localhost", "127.0.0.1", "::1")
    chosen = os.environ.get("KVS_MAIL_SECURITY") or ("none" if here else "starttls")
    if chosen not in ("starttls", "tls", "none"):
        raise EnvironmentProblem("KVS_MAIL_SECURITY must be starttls, tls or none.")
    return chosen


def secret(name: str) -> str:
    """A secret of another service, out of the file that the variable `name` names; empty without one. Never out of the
    environment itself, which every child process and many error reports show. Raises EnvironmentProblem.
    """
    path = os.environ.get(name)
    try:
        return Path(path).read_text().strip() if path else ""
    except OSError as problem:
        raise EnvironmentProblem(f"The file '{path}' of {name} cannot be read ({problem.strerror}).") from problem


def make_key(name: str) -> str:
    """A new key of this kind (a field of Keys)."""
    hexadecimal = partial(secrets.token_hex, 32)
    kinds = {"secret": partial(secrets.token_urlsafe, 50), "index": hexadecimal, "ledger": hexadecimal}
    return kinds[name]() if name in kinds else Fernet.generate_key().decode()


def make_keys(folder: Path, names: Iterable[str] = KEY_NAMES) -> None:
    """Make the keys that are not there yet, readable by the owner only. An existing key is never touched."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        try:
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(handle, "w") as file:
            file.write(make_key(name) + "\n")


def read_keys(folder: Path) -> Keys:
    """The keys of this installation; raises EnvironmentProblem with a sentence when one is missing or unreadable."""
    found: dict[str, list[str]] = {}
    for name in KEY_NAMES:
        try:
            found[name] = [word for word in (folder / name).read_text().split() if not word.startswith(RETIRED)]
        except OSError as problem:
            raise EnvironmentProblem(
                f"The key '{folder / name}' cannot be read ({problem.strerror}). Without it no stored data can be opened: "
                "put the keys of this installation back, or start with an empty data folder."
            ) from problem
        if not found[name]:
            raise EnvironmentProblem(f"The key '{folder / name}' is empty: put the keys of this installation back.")
    single = {name: words[0] for name, words in found.items() if name != "seal"}
    return Keys(seal=found["seal"], **single)


def fingerprint(key: str) -> str:
    """What a key may be called in public: 16 hexadecimal digits that say nothing about it."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def write_key(path: Path, words: list[str]) -> None:
    """Replace a key file at one stroke, safe on the disk before this returns; owner and mode stay. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        if path.exists():
            os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
        file.write("".join(f"{word}\n" for word in words))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


class SealKeys:
    """The seal keys as their file has them at this moment: a rotation reaches processes that are running.

    A file that neither holds nor names as retired a key we know is not the successor of ours (somebody put another
    installation's in place): ours stay in use, for what a stranger's key writes is lost when ours come back.
    """

    def __init__(self, folder: Path) -> None:
        """Raises EnvironmentProblem when the file cannot be read."""
        self._path = folder / "seal"
        self._seen: tuple[int, int] | None = None
        self._keys = tuple(read_keys(folder).seal)

    def __call__(self) -> tuple[str, ...]:
        """The first one seals, all of them open."""
        try:
            now = self._path.stat()
            if (now.st_mtime_ns, now.st_ino) != self._seen:
                self._take(self._path.read_text().split())
                self._seen = (now.st_mtime_ns, now.st_ino)
        except OSError:  # gone or closed to us: what runs goes on
            pass
        return self._keys

    def _take(self, words: list[str]) -> None:
        keys = tuple(word for word in words if not word.startswith(RETIRED))
        ours = {*self._keys, *(RETIRED + fingerprint(key) for key in self._keys)}
        if keys and not ours.isdisjoint(words):
            self._keys = keys
