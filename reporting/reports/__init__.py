"""One file is one report: see reporting/report.py."""
