"""Files, sealed in the database (decisions.md 38). No other place in the project stores one."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from kvs.fields import SealBroken, seal_bytes, unseal_bytes
from kvs.models import SealedContent, SealedFile, SealedFilePerson, User
from kvs.models.vault import MAX_FILE_BYTES


class FileTooLarge(Exception):
    """The content is larger than MAX_FILE_BYTES."""


def _context(file: SealedFile) -> str:
    return f"kvs.file:{file.pk}"


@transaction.atomic
def store_file(
    content: bytes,
    *,
    kind: str,
    content_type: str,
    people: Iterable[uuid.UUID],
    by: User | None,
    expires_at: dt.datetime | None = None,
) -> SealedFile:
    """Seal and store a file with the audit_ids of everyone in it; an empty list says that nobody is.

    Without `expires_at` it lives as long as the row that refers to it. Raises FileTooLarge above 20 MiB.
    """
    if len(content) > MAX_FILE_BYTES:
        raise FileTooLarge
    file = SealedFile.objects.create(
        kind=kind,
        content_type=content_type,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        created_by=by,
        expires_at=expires_at,
    )
    SealedContent.objects.create(file=file, content=seal_bytes(content, _context(file)))
    SealedFilePerson.objects.bulk_create(
        [SealedFilePerson(file=file, audit_id=person) for person in dict.fromkeys(people)], batch_size=1000
    )
    return file


def open_file(file: SealedFile) -> bytes:
    """The content. Raises SealBroken, also when it was exchanged for another file's.

    Raises SealedFile.DoesNotExist once the file has expired, also when `expire_files` has not come by yet.
    """
    if file.expires_at is not None and file.expires_at <= timezone.now():
        raise SealedFile.DoesNotExist
    content = unseal_bytes(bytes(file.sealed.content), _context(file))
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise SealBroken(f"The stored digest of '{_context(file)}' is not that of its content.")
    return content


def expire_files() -> int:
    """Delete the files whose time is over, with their lists of people; how many files."""
    _, per_model = SealedFile.objects.filter(expires_at__lte=timezone.now()).delete()
    return per_model.get(SealedFile._meta.label, 0)


def files_about(person: uuid.UUID) -> "list[SealedFile]":
    """Every file this person (audit_id) is in: for erasure and for the right of access."""
    return list(SealedFile.objects.filter(people__audit_id=person))
