"""The fixed school of October 2025 is the same one the reports are judged by."""

from tests.reporting.conftest import fixed

__all__ = ["fixed"]
