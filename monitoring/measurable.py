"""Whether a charter's scope can be measured: a simple rule, so that "help us with AI" is turned back and nobody has to guess why.

A scope can be measured when it has a digit in it, a word that names something to count or to time, or the name of a metric.
"""

import re
from collections.abc import Iterable

from .catalogue import Metric

WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        accuracy accurate adoption complaint complaints conversion cost costs downtime error errors failure failures groundedness
        hallucination hallucinations handling hours latency minutes override overrides percent percentage precision rate rates recall
        refusal refusals relevance resolution resolved response satisfaction savings seconds settled share spend spending ticket
        tickets toxicity uptime
        """,
    )
)
"""Words that name something to count or to time."""
EXAMPLE = (
    "This scope names nothing that can be measured: it has no number, and no word such as accuracy, cost or tickets. Say what, how much "
    "and of which system: “The support assistant: settle 70% of chats without a person, with fewer than 3 in 100 answers invented.”"
)


def can_be_measured(scope: str, metrics: Iterable[Metric] = ()) -> bool:
    """Whether a scope says something measurable. An empty one has still to be written and is let through."""
    if not scope.strip() or any(c.isdigit() for c in scope):
        return True
    said = scope.lower()
    return not WORDS.isdisjoint(re.findall(r"[^\W\d_]+", said)) or any(m.name.lower() in said for m in metrics)
