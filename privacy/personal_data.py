"""Declarations of privacy: every column, personal or not."""

from kvs.catalogue import Model

MODELS: tuple[Model, ...] = ()
