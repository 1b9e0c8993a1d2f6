#!/usr/bin/env python
"""Django's command line for KVS. For daily use see bin/."""

import os
import sys

from django.core.management import execute_from_command_line

from kvs.environment import EnvironmentProblem

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kvs.settings")
    try:
        execute_from_command_line(sys.argv)
    except EnvironmentProblem as problem:
        sys.exit(f"KVS: {problem}")
