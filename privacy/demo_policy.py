"""The demo school's privacy policy: two versions, handed out to most students, and a first version of the register."""

import datetime as dt
from typing import Any

from django.utils import timezone

from kvs.models import PolicyVersion, User
from kvs.trace import acting
from privacy.actions.announcements import draft_policy, publish_policy, publish_register
from students.demo import staff
from students.models import HandOut, Programme

EVERY = 9  # of so many programmes one was forgotten
TEXT = """# Voor wie dit is
Dit reglement is voor iedereen die bij ons les heeft of les had, en voor iedereen die bij ons werkt.

# Welke gegevens wij bewaren
- uw naam, adres, telefoonnummer en e-mailadres
- uw geboortedatum, geboorteland en nationaliteit
- uw cursus, uw groep en wie de cursus betaalt
- of u in de les was
- uw niveau en uw examens

Uw burgerservicenummer (BSN) bewaren wij alleen als de wet dat van ons vraagt.

# Waarom
Wij gebruiken uw gegevens om u les te geven en om te volgen hoe het gaat.

Wij leggen verantwoording af aan wie de cursus betaalt, aan DUO en aan Blik op Werk.

Wij verkopen uw gegevens aan niemand.

# Hoe lang
Drie jaar na het einde van uw laatste traject wissen wij uw dossier. Een ontheffing bewaren wij zes jaar.

# Uw rechten
- U mag alles zien wat wij van u hebben.
- Klopt iets niet? Wij verbeteren het.
- U mag vragen om uw gegevens te wissen.

Binnen vier weken hebt u ons antwoord. Vraag het via uw eigen pagina's of bij de balie.

Bent u niet tevreden? U kunt een klacht indienen bij de Autoriteit Persoonsgegevens.
"""


def fill() -> None:
    """Policy, hand-outs and register. Called by privacy.demo."""
    by, today = staff("dana"), timezone.localdate()
    with acting(lambda: by):
        first = _published(
            by, number="1.0", effective_on=today - dt.timedelta(days=900), text=TEXT.replace("# Hoe lang", "# Tot wanneer")
        )
        second = _published(
            by,
            number="2.0",
            effective_on=today - dt.timedelta(days=150),
            replaces=first,
            text=TEXT,
            summary="Wij zeggen nu ook wat wij aan Blik op Werk geven, en hoe u nee kunt zeggen tegen het onderzoek.",
        )
        publish_register(is_important=False, summary="", by=by)
    _hand_out(first, second, today)


def _published(by: User, **facts: Any) -> PolicyVersion:
    draft = draft_policy(by=by, **facts)
    return publish_policy(policy=draft, version=draft.version, by=by)


def _hand_out(first: PolicyVersion, second: PolicyVersion, today: dt.date) -> None:
    """In bulk and without lines in the audit, as students.demo does it."""
    begun = Programme.objects.filter(starts_on__lte=today).order_by("starts_on", "student__number").defer("bsn")
    HandOut.objects.bulk_create(
        HandOut(
            programme=programme,
            kind=HandOut.Kind.POLICY,
            policy=second if programme.starts_on >= second.effective_on else first,
            handed_on=programme.starts_on,
            how=HandOut.How.PORTAL if number % 4 == 0 else HandOut.How.PAPER,
        )
        for number, programme in enumerate(begun, start=1)
        if number % EVERY
    )
