"""Fixtures of the portal, for the tests of this folder."""

from tests.students.portal import me, rania

__all__ = ["me", "rania"]
