"""Comparing what a policy text says with what the software does and what the law says. Pure: no database, no clock."""

from collections.abc import Iterable, Mapping

from privacy.statements.kinds import NOBODY, SILENT, Answer, Finding, Kind, Option, Outcome, School, Statement
from privacy.statements.words import STATEMENTS


def contradictions(said: Mapping[str, Answer], school: School) -> list[Finding]:
    """Where the text, the software and the law contradict each other; the law first, then in the order of the questions."""
    wrong = [row for row in compare(said, school) if row.outcome in (Outcome.UNLAWFUL, Outcome.DIFFERS)]
    return sorted(wrong, key=lambda row: row.outcome)


def compare(said: Mapping[str, Answer], school: School, statements: Iterable[Statement] = STATEMENTS) -> list[Finding]:
    """Every statement with what came of it. An answer nobody can give any more counts as none."""
    return [_compared(statement, said.get(statement.key), school) for statement in statements]


def _compared(statement: Statement, said: Answer | None, school: School) -> Finding:
    does = statement.does(school)
    if said is None or not (said.days or known(statement, said)):
        return Finding(statement, None, does, Outcome.OPEN)
    if statement.kind is Kind.MANY and said.code != SILENT:
        return _several(statement, said, does)
    if said.days:
        return _lengths(statement, said, does)
    return _single(statement, said, does)


def known(statement: Statement, said: Answer) -> list[Option]:
    """The options of the answer that exist, in the order of the question."""
    return [found for found in statement.options if found.code in said.codes]


def _single(statement: Statement, said: Answer, does: Answer | None) -> Finding:
    [chosen] = known(statement, said)[:1]
    if chosen.article:
        return Finding(statement, said, does, Outcome.UNLAWFUL, chosen.article, chosen.why)
    if does is None or chosen.fits is None or does.codes <= chosen.fits:
        return Finding(statement, said, does, Outcome.AGREES)
    return _differs(statement, said, does)


def _lengths(statement: Statement, said: Answer, does: Answer | None) -> Finding:
    if statement.limit and said.days > statement.limit:
        return Finding(statement, said, does, Outcome.UNLAWFUL, statement.untrue, statement.why)
    same = does is None or said.days == does.days
    return Finding(statement, said, does, Outcome.AGREES if same else Outcome.DIFFERS)


def _several(statement: Statement, said: Answer, does: Answer | None) -> Finding:
    """A text may name more than the software does, never less; and it cannot name some and say that there are none."""
    left_out = (does.codes if does else frozenset()) - said.codes
    missing = tuple(found.code for found in statement.options if found.code in left_out)
    if missing or NOBODY in said.codes:
        return Finding(statement, said, does, Outcome.UNLAWFUL, statement.untrue, statement.why, missing)
    return Finding(statement, said, does, Outcome.AGREES)


def _differs(statement: Statement, said: Answer, does: Answer) -> Finding:
    outcome = Outcome.UNLAWFUL if statement.untrue else Outcome.DIFFERS
    return Finding(statement, said, does, outcome, statement.untrue, statement.why)
