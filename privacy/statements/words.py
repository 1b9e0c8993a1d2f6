"""All questions about a policy text, in order. Policies A and B can both be told in them: tests/privacy/test_schools.py does so.

Law read on 2026-11-22 (domain notes, sections 1 and 2); what a lawyer has not confirmed says so.
"""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Text
from privacy.statements.data_and_keeping import KEEPING, WHICH_DATA
from privacy.statements.kinds import HOW_LONG, RIGHTS, SAFETY, TEXT, WHAT, WHY, Statement
from privacy.statements.rights_and_safety import SAFE, WHAT_PEOPLE_MAY
from privacy.statements.text_and_why import THE_TEXT, WHY_AND_FOR_WHOM

CHAPTERS: dict[str, Text] = {
    TEXT: _("The text itself"),
    WHY: _("Why and for whom"),
    WHAT: _("Which data"),
    HOW_LONG: _("How long"),
    RIGHTS: _("Rights of people"),
    SAFETY: _("Safety"),
}
STATEMENTS: tuple[Statement, ...] = (*THE_TEXT, *WHY_AND_FOR_WHOM, *WHICH_DATA, *KEEPING, *WHAT_PEOPLE_MAY, *SAFE)
