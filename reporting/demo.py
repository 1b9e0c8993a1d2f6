"""Layouts of the demo school: the codes that DUO never made public, invented and called so, so that the file can be made."""

from kvs.models import User
from kvs.trace import acting
from reporting import actions, profile
from reporting.report import Report
from reporting.reports import duo
from students.demo import staff

INVENTED = "Verzonnen voor de demo: geen code van DUO."
CODES = {"duo": {"course": {"literacy": "DEMO-ALFA", "integration": "DEMO-INB", "nt2": "DEMO-NT2"}}}


def fill() -> None:
    """A second version of each layout that needs codes, with invented ones."""
    by = staff("ineke")
    with acting(lambda: by):
        for report in (duo.REPORT,):
            _with_codes(report, by=by)


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
