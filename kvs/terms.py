"""The closed lists from which the data catalogue chooses: storage classes, legal bases, clocks, reasons."""

import datetime as dt
import enum
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _


class Container(models.TextChoices):
    """Storage classes, each with its own clock. What must outlive a container is copied out, never referred to."""

    CORE = "core", _("file of the person")
    EXEMPTION = "exemption", _("exemptions")
    FINANCE = "finance", _("bookkeeping")
    REQUESTS = "requests", _("privacy requests")
    SECURITY_LOG = "security_log", _("security log")
    STATISTICS = "statistics", _("statistics without persons")
    STAFF = "staff", _("file of the employee")
    CLIENT_CONTACTS = "client_contacts", _("contact persons of clients")


class Basis(models.TextChoices):
    """Legal bases of AVG art. 6(1)."""

    CONSENT = "6(1)(a)", _("consent")
    CONTRACT = "6(1)(b)", _("agreement with the person")
    LEGAL_DUTY = "6(1)(c)", _("legal obligation")
    VITAL = "6(1)(d)", _("vital interest")
    PUBLIC_TASK = "6(1)(e)", _("public task")
    LEGITIMATE_INTEREST = "6(1)(f)", _("legitimate interest")


class Sensitivity(enum.IntEnum):
    """From harmless to special (AVG art. 9). IDENTIFIER and SPECIAL are stored sealed."""

    PLAIN = 1
    CONTACT = 2
    SENSITIVE = 3
    IDENTIFIER = 4
    SPECIAL = 5


class Trigger(models.TextChoices):
    """What starts the clock of a retention period."""

    PROGRAMME_END = "programme_end", _("the end of the last programme")
    MEMBERSHIP_END = "membership_end", _("the end of the last role")
    PURPOSE_END = "purpose_end", _("the end of the purpose")
    FISCAL_YEAR_END = "fiscal_year_end", _("the end of the financial year")
    REQUEST_CLOSED = "request_closed", _("the closing of the request")
    BREACH_CLOSED = "breach_closed", _("the closing of the data breach")
    PAPER_DESTROYED = "paper_destroyed", _("the destruction of the paper file")
    LAST_COMMISSION = "last_commission", _("the last commission")
    CREATED = "created", _("the recording")


class Source(models.TextChoices):
    """Where data come from (AVG art. 14, 15)."""

    SUBJECT = "subject", _("yourself")
    SCHOOL = "school", _("the school")
    THIRD = "third", _("someone else, such as the municipality")


class RecipientRole(models.TextChoices):
    """The role of a recipient under the AVG."""

    CONTROLLER = "controller", _("controller")
    JOINT = "joint", _("joint controller")
    PROCESSOR = "processor", _("processor")


class Rectify(enum.Enum):
    """How the person corrects the value: at once, as a proposal the school decides on, or through a request."""

    DIRECT = "direct"
    PROPOSE = "propose"
    REQUEST = "request"


class Kind(enum.Enum):
    """What the value looks like where the column type does not say it."""

    TEXT = "text"
    NAME = "name"
    PHONE = "phone"
    POSTCODE = "postcode"
    BSN = "bsn"
    IBAN = "iban"
    DOCUMENT = "document"


class Reason(models.TextChoices):
    """The ten reasons why a column says nothing about a person."""

    ROW_ID = "row_id", _("number of a row, disappears with it")
    LINK = "link", _("points to another row, where the person is declared")
    VERSION = "version", _("counts or dates the row itself")
    ORGANISATION = "organisation", _("describes the school or another organisation")
    OFFER = "offer", _("describes what the school offers: places, groups, programmes, lessons")
    SETTING = "setting", _("a choice of the school")
    LAW = "law", _("a rule or list from a law or a policy")
    SOFTWARE = "software", _("belongs to the software itself")
    PROCESS = "process", _("state of automatic work")
    AGGREGATE = "aggregate", _("a number over many people")


class Period(NamedTuple):
    """A length of time as people write it."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0

    def days_at_least(self) -> float:
        """The shortest this can be, in days; for comparing two periods."""
        return self.years * 365 + self.months * 28 + self.days + self.hours / 24


def add(day: dt.date, period: Period) -> dt.date:
    """`day` and a period later; 29 February becomes 28 February in a year without."""
    months = day.year * 12 + day.month - 1 + period.years * 12 + period.months
    year, month = divmod(months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last)) + dt.timedelta(days=period.days, hours=period.hours)
