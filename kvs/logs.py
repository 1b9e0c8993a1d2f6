"""What a log line says of an error: which, and where. Never its text, which quotes rows and typed values."""

import logging
import traceback
from types import TracebackType

Problem = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """As Python's own, but the traceback of an exception holds class names and frames only, causes first."""

    def formatException(self, ei: Problem) -> str:  # the name is Python's
        """The chain of exceptions without their messages."""
        problem, parts = ei[1], []
        while problem is not None:
            frames = "".join(traceback.format_tb(problem.__traceback__))
            parts.append(f"{frames}{type(problem).__module__}.{type(problem).__qualname__}")
            problem = problem.__cause__ or problem.__context__
        return "\n".join(reversed(parts))
