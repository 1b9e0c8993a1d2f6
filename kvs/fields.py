"""Sealing: values nobody can read without the key, and the blind index that finds them. Sole owner of the library.

A token is Fernet (AES-128-CBC with HMAC-SHA256) over `context`, a line feed and the value. The context says what the
value is for and is compared on reading, so a token copied into another field, file or session does not open there
(decisions.md 35; privacy_engineering.md LAB 4-7). It never changes: not with a rename of a table, not with a move.
"""

import base64
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models import Case, Value
from django.db.models.functions import Cast

if TYPE_CHECKING:
    EncryptedTextField = models.TextField[str | None, Any]
else:
    from encrypted_model_fields.fields import EncryptedTextField  # noqa: TID251  (its owner)

CONTEXT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


class SealBroken(Exception):
    """A sealed value does not open: another key, a changed token, plain text, or a token copied from elsewhere."""


@lru_cache(maxsize=8)
def _crypter(keys: tuple[str, ...]) -> MultiFernet:
    """The first key seals, all keys open. The library reads its keys once at import; this one follows their file."""
    return MultiFernet([Fernet(key) for key in keys])


def seal_bytes(content: bytes, context: str) -> bytes:
    """`content` as sealed bytes (73 to 88 bytes longer, plus the context); opens only with the same `context`.

    Raises ValueError when the context is empty or holds a line feed, for that ends it.
    """
    if not context or "\n" in context:
        raise ValueError("A seal needs a context of one line.")
    token = _crypter(settings.SEAL_KEYS()).encrypt(context.encode() + b"\n" + content)
    return base64.urlsafe_b64decode(token)


def unseal_bytes(sealed: bytes, context: str) -> bytes:
    """What `seal_bytes` was given; raises SealBroken. The error text names the context, never the content."""
    try:
        opened = _crypter(settings.SEAL_KEYS()).decrypt(base64.urlsafe_b64encode(sealed))
    except InvalidToken:
        raise SealBroken(f"A sealed value for '{context}' does not open: wrong key, or it was changed.") from None
    found, _, content = opened.partition(b"\n")
    if found != context.encode():
        raise SealBroken(f"A sealed value for '{context}' was made for another place.")
    return content


def reseal_bytes(sealed: bytes) -> bytes | None:
    """`sealed` anew under the first key, context and content unread; None when it lies under that key already.

    Raises SealBroken when no key opens it.
    """
    keys, token = settings.SEAL_KEYS(), base64.urlsafe_b64encode(sealed)
    try:
        _crypter(keys[:1]).decrypt(token)
        return None
    except InvalidToken:
        pass
    try:
        return base64.urlsafe_b64decode(_crypter(keys).rotate(token))
    except InvalidToken:
        raise SealBroken("A sealed value opens with none of the keys.") from None


def reseal(token: str) -> str | None:
    """As `reseal_bytes`, for a token of text."""
    try:
        sealed = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise SealBroken("A value is not sealed.") from None
    changed = reseal_bytes(sealed)
    return None if changed is None else base64.urlsafe_b64encode(changed).decode()


def seal(text: str, context: str) -> str:
    """`text` as a token of letters, digits, `-`, `_` and `=`; raises as `seal_bytes`."""
    return base64.urlsafe_b64encode(seal_bytes(text.encode(), context)).decode()


def unseal(token: str, context: str) -> str:
    """What `seal` was given; raises SealBroken, also for plain text."""
    try:
        sealed = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raise SealBroken(f"A value for '{context}' is not sealed.") from None
    return unseal_bytes(sealed, context).decode()


def blind_index(purpose: str, value: str, *, key: str | None = None) -> str:
    """64 hexadecimal digits by which equal values of one purpose find each other: HMAC-SHA256 with the index key.

    The caller normalises first ("1234.56.782" and "123456782" are two values here). Keyed, because all BSNs can be
    hashed in 83 seconds (LAB 16). `key` is for rotation only. Raises ValueError for an empty value, under which
    strangers would meet.
    """
    if not value or not purpose or ":" in purpose:
        raise ValueError("A blind index needs a value, and a purpose without a colon.")
    return hmac.new((key or settings.INDEX_KEY).encode(), f"{purpose}:v1:{value}".encode(), hashlib.sha256).hexdigest()


class SealedField(EncryptedTextField):
    """A text column that holds tokens. `context` as `app.model.field` at the time of making; never changed afterwards.

    Reading raises SealBroken rather than show a token as if it were the value. Only `isnull` can be looked up; find by
    a `blind_index` column beside it. Sorting and `distinct` would work on the tokens: tests/architecture/test_sealed.py
    refuses them.
    """

    description = "Sealed text"

    def __init__(self, *args: Any, context: str, **options: Any) -> None:
        self.context = context
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        """As the base class, with the context: a migration's copy of this field must open the same tokens."""
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "context": self.context}

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        """Errors for a malformed context and for everything that would compare tokens."""
        found: list[checks.CheckMessage] = list(super().check(**options))
        if not CONTEXT.fullmatch(self.context):
            found.append(checks.Error("The context must look like 'app.model.field'.", obj=self, id="kvs.E001"))
        if self.unique or self.db_index or self._is_compared():  # type: ignore[attr-defined]  # missing in the stubs
            found.append(checks.Error("Every token differs: no index, constraint or ordering on it.", obj=self, id="kvs.E002"))
        return found

    def _is_compared(self) -> bool:
        """True when the model sorts by this field or names it in an index or a constraint on values."""
        meta = self.model._meta
        named = [name for index in meta.indexes for name in index.fields]
        named += [name for rule in meta.constraints for name in getattr(rule, "fields", ())]
        named += [str(name).lstrip("-") for name in meta.ordering or ()]
        return self.name in named

    def to_python(self, value: Any) -> Any:
        """Text stays as it is. Nothing is opened here: `full_clean` on user input must be no way to read tokens."""
        return models.TextField.to_python(self, value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """The opened value of a column; None stays None. Raises SealBroken."""
        return None if value is None else unseal(value, self.context)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """The token to store; None stays NULL. Raises FieldError for an expression that would store plain text."""
        if hasattr(value, "resolve_expression"):
            if not all(self._is_sealed(result) for result in _results(value)):
                raise FieldError(f"An expression cannot be stored in {self.name}: the database cannot seal.")
            return value
        text = self.get_prep_value(value)
        return None if text is None else seal(text, self.context)

    def _is_sealed(self, expression: Any) -> bool:
        """True for this very column and for a value of this field, as `bulk_update` makes them."""
        if isinstance(expression, Value) and expression.value is None:
            return True
        return getattr(expression._output_field_or_none, "context", None) == self.context

    def value_to_string(self, obj: models.Model) -> str:
        """Refused: `dumpdata` and serialisers would write the opened value."""
        raise FieldError(f"{self.name} is sealed and is not serialised.")

    def get_lookup(self, lookup_name: str) -> Any:
        """`isnull` only; on tokens every other question has the wrong answer. Raises FieldError."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed: '{lookup_name}' cannot be asked. Use its blind index.")
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        """None at all. Raises FieldError."""
        raise FieldError(f"{self.name} is sealed: '{lookup_name}' cannot be asked. Use its blind index.")


def _results(expression: Any) -> Iterator[Any]:
    """The values an expression can yield, looking into the CASE and the cast that `bulk_update` wraps around them."""
    if isinstance(expression, Case):
        for branch in expression.cases:
            yield from _results(branch.result)
        yield from _results(expression.default)
    elif isinstance(expression, Cast):
        for source in expression.get_source_expressions():
            yield from _results(source)
    else:
        yield expression


@checks.register("privacy")
def check_contexts(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """An error for each context that two fields share: their tokens could be swapped unseen."""
    fields = [field for model in apps.get_models() for field in model._meta.local_fields if isinstance(field, SealedField)]
    used = Counter(field.context for field in fields)
    return [
        checks.Error(f"The context '{field.context}' is used twice.", obj=field, id="kvs.E003")
        for field in fields
        if used[field.context] > 1
    ]
