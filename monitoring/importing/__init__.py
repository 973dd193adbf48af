"""Recorded calls from CSV and JSON Lines files: a declared mapping turns each row into a model call and its scores. Pure."""

from monitoring.importing.calls import Call, Calls
from monitoring.importing.mapping import DEFAULTS, TARGETS, Mapping, read_mapping
from monitoring.importing.problems import ImportProblem, RowRefused
from monitoring.importing.rows import Filter, Row, RowFile
from monitoring.importing.spread import Spread

__all__ = [
    "DEFAULTS",
    "TARGETS",
    "Call",
    "Calls",
    "Filter",
    "ImportProblem",
    "Mapping",
    "Row",
    "RowFile",
    "RowRefused",
    "Spread",
    "read_mapping",
]
