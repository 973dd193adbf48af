"""Rows of CSV and JSON Lines files: a declared mapping turns each into a model call and its scores, or a figure of an outcome. Pure."""

from monitoring.importing.calls import Call, Calls
from monitoring.importing.mapping import DEFAULTS, TARGETS, Mapping, read_mapping
from monitoring.importing.outcomes import OUTCOME_TARGETS, OutcomeRow, mapped, outcome_of
from monitoring.importing.problems import ImportProblem, RowRefused
from monitoring.importing.rows import Filter, Row, RowFile
from monitoring.importing.spread import Spread

__all__ = [
    "DEFAULTS",
    "OUTCOME_TARGETS",
    "TARGETS",
    "Call",
    "Calls",
    "Filter",
    "ImportProblem",
    "Mapping",
    "OutcomeRow",
    "Row",
    "RowFile",
    "RowRefused",
    "Spread",
    "mapped",
    "outcome_of",
    "read_mapping",
]
