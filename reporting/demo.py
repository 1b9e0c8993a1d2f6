"""Layouts of the demo school: the codes that DUO never made public, invented and called so, so that the file can be made.
And what was told to a municipality by telephone.
"""

import datetime as dt

from django.utils import timezone

from kvs.models import User
from kvs.trace import acting
from kvs.vocabulary import CLIENT_REPORTS, MUNICIPALITY
from reporting import actions, profile
from reporting.models import Disclosure, GivenByHand
from reporting.report import Report
from reporting.reports import duo
from students.demo import staff
from students.models import Contract

INVENTED = "Verzonnen voor de demo: geen code van DUO."
CODES = {"duo": {"course": {"literacy": "DEMO-ALFA", "integration": "DEMO-INB", "nt2": "DEMO-NT2"}}}


def fill() -> None:
    """A second version of each layout that needs codes, with invented ones; two talks with a municipality."""
    by = staff("ineke")
    with acting(lambda: by):
        for report in (duo.REPORT,):
            _with_codes(report, by=by)
        _told(by)


def _with_codes(report: Report, by: User) -> None:
    known, codes = profile.known(report), CODES[report.code]
    columns = [
        {
            "position": part.position,
            "head": part.head,
            "source": part.source,
            "required": part.required,
            "basis": INVENTED if part.source in codes else part.basis,
            "codes": codes.get(part.source, {}),
        }
        for part in known.parts
    ]
    facts = {name: getattr(known, name) for name in profile.FACTS}
    actions.change_layout(report=report, version=1, by=by, facts=facts, columns=columns)


def _told(by: User) -> None:
    """A case manager asked how it goes with two students; one talk turned out to be about somebody else."""
    paid = Contract.objects.filter(client__kind="municipality", programme__route="z", programme__ends_on=None)
    for number, contract in enumerate(
        paid.select_related("client", "programme__student").order_by("programme__student__number")[:2]
    ):
        told = actions.record_given(
            student=contract.programme.student,
            recipient=MUNICIPALITY.code,
            client=contract.client,
            categories=["attendance", "programme"],
            purpose=CLIENT_REPORTS.code,
            channel=Disclosure.Channel.PHONE,
            at=timezone.now() - dt.timedelta(days=5 + number),
            identity=GivenByHand.Identity.CALLED_BACK,
            asked_by="klantmanager",
            by=by,
        )
    actions.withdraw_given(disclosure=told, reason=Disclosure.Withdrawn.OTHER_PERSON, by=by)
