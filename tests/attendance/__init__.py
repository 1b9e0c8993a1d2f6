"""Lessons and presence."""
