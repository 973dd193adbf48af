"""Which target of a call comes from which column or expression."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitoring.importing.expressions import Expression, parse
from monitoring.importing.problems import ImportProblem

SCORE = "score."
TARGETS = (
    "id", "at", "trace_id", "session", "user", "role", "provider", "model", "input", "output", "input_tokens", "output_tokens",
    "cache_read_tokens", "latency", "cost", "error", "environment", "segment", "prompt_version",
)  # fmt: skip
"""What a row can say of a call; besides these, ``score.<name>``."""
DEFAULTS = TARGETS
"""Without any --map, columns with these names (and ``score.<name>``) are taken as they are."""


@dataclass(frozen=True)
class Mapping:
    """Expressions by target, and by score name."""

    targets: dict[str, Expression]
    scores: dict[str, Expression]


def read_mapping(
    written: list[str], header: tuple[str, ...] | None, targets: tuple[str, ...] = TARGETS, more: str = SCORE
) -> Mapping:
    """The mapping that ``--map`` options declare: each is ``target=expression`` or ``@file.toml``, a table of the same.

    `header` are the columns of a CSV file, None when each row has its own. Without options, columns that carry a target's own
    name are mapped. `targets` are what a row can say, and `more` is what names of one's own begin with, "" for none.

    Raises ImportProblem for an unknown target, an expression not understood or a column the header lacks.
    """
    pairs = [pair for option in written for pair in _pairs(option)]
    if not written:
        pairs = _own_names(header, targets, more)
    known: dict[str, Expression] = {}
    scores: dict[str, Expression] = {}
    for target, expression in pairs:
        parsed = parse(expression, header)
        if header is not None and (missing := sorted(parsed.columns - set(header))):
            columns = ", ".join(column for column in header if column)
            raise ImportProblem(f"{target}={expression}: the file has no column “{missing[0]}”; it has {columns}.")
        if target in targets:
            known[target] = parsed
        elif more and target.startswith(more) and target != more:
            scores[target.removeprefix(more)] = parsed
        else:
            own = f" and {more}<name>" if more else ""
            raise ImportProblem(f"There is no target “{target}”; there are {', '.join(targets)}{own}.")
    return Mapping(known, scores)


def _own_names(header: tuple[str, ...] | None, targets: tuple[str, ...], more: str) -> list[tuple[str, str]]:
    if header is None:
        return [(target, target) for target in targets]
    found = [(column, column) for column in header if column in targets or (more and column.startswith(more))]
    if not found:
        raise ImportProblem(
            f"No column has a name FracOps knows ({', '.join(targets)}); declare them with --map target=column."
        )
    return found


def _pairs(option: str) -> list[tuple[str, str]]:
    if option.startswith("@"):
        return _from_toml(Path(option.removeprefix("@")))
    target, equals, expression = option.partition("=")
    if not equals or not expression.strip():
        raise ImportProblem(f"--map {option}: write it as target=expression, or @file.toml.")
    return [(target.strip(), expression.strip())]


def _from_toml(path: Path) -> list[tuple[str, str]]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ImportProblem(f"{path}: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportProblem(f"{path}: not a TOML file: {error}.") from error
    return list(_flat(table, "", path))


def _flat(table: dict[str, Any], prefix: str, path: Path) -> list[tuple[str, str]]:
    """``score.accuracy = "…"`` is a table in a table to TOML, one target to us."""
    pairs: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            pairs += _flat(value, f"{prefix}{key}.", path)
        elif isinstance(value, str):
            pairs.append((prefix + key, value))
        else:
            raise ImportProblem(f"{path}: {prefix}{key} must be an expression in quotes.")
    return pairs
