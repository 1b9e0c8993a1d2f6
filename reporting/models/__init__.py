"""Models of reporting: layouts.py how files are written, runs.py what was asked for and made, disclosures.py what was handed
over to whom, counts.py numbers of a year.
"""

from reporting.models.counts import FrozenCount
from reporting.models.disclosures import RECIPIENTS, DisclosedPerson, Disclosure, GivenByHand
from reporting.models.layouts import ColumnProfile, ProfileColumn, a_code, check_codes
from reporting.models.runs import READERS, ReportFile, ReportRun

__all__ = [
    "READERS",
    "RECIPIENTS",
    "ColumnProfile",
    "DisclosedPerson",
    "Disclosure",
    "FrozenCount",
    "GivenByHand",
    "ProfileColumn",
    "ReportFile",
    "ReportRun",
    "a_code",
    "check_codes",
]
