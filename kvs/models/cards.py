"""What students sign in with besides their number: a card with a QR code, and a one-time code from the desk.

The PIN itself is a column of the account (kvs/models/accounts.py). What happens with all three: kvs/cards.py.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models.accounts import User


class CardQuerySet(models.QuerySet["Card"]):
    """Which cards."""

    def visible_to(self, user: User) -> "CardQuerySet":
        """The own cards; staff reach a card through the account it belongs to."""
        return self.filter(user=user)

    def live(self) -> "CardQuerySet":
        """Those that still open the door."""
        return self.filter(revoked_at__isnull=True)


class Card(models.Model):
    """A card somebody signs in with. Its secret is not here, only the keyed hash of it: a copy of the database makes
    no card. A new card is the end of the old one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="cards")
    token_index = models.CharField(max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField(_("issued on"), default=timezone.now)
    issued_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(_("ended on"), null=True)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("card")
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(revoked_at__isnull=True), name="card_one_live"),
            models.CheckConstraint(condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("issued_at")), name="card_period"),
        ]

    def __str__(self) -> str:
        return f"Card({self.pk})"


class DeskCodeQuerySet(models.QuerySet["DeskCode"]):
    """Which codes."""

    def visible_to(self, user: User) -> "DeskCodeQuerySet":
        """The own code only."""
        return self.filter(user=user)


class DeskCode(models.Model):
    """The one-time code that the desk gives to somebody without a PIN: six digits, some minutes, one use."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="desk_code")
    code = SealedField(context="kvs.desk_code.code")  # hashed first, then sealed, as the PIN
    expires_at = models.DateTimeField(db_index=True)
    issued_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = DeskCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time code")

    def __str__(self) -> str:
        return f"DeskCode({self.pk})"
