"""LangSmith: a project's runs by start time and its feedback; the query of version 2, or where it is missing, of version 1."""

from .connector import LangSmith

__all__ = ["LangSmith"]
