"""A charter in words: what is agreed to, the same on the page, in the link, on paper and in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from clients.models import Charter, Client, Target, TargetKind
from clients.writing import day_text, neutrally, number_text

from .catalogue import Metric
from .outcomes import metrics_by_key
from .wording import level_text, span_text, text_of


@dataclass(frozen=True)
class TargetWords:
    """A target in words; what is not settled is ""."""

    name: str
    promise: str
    """``Reach 70.0% from 62.0%``."""
    measured: str
    formula: str
    of_what: str
    baseline: str
    source: str
    due: str
    owner: str

    @property
    def text(self) -> str:
        """As lines of the charter's text."""
        lines = [f"Promise: {self.promise}", f"Measured by: {self.measured} ({self.formula})"]
        for label, said in (("Of", self.of_what), ("Baseline", self.baseline), ("Baseline from", self.source)):
            if said:
                lines.append(f"{label}: {said}")
        return "\n".join(
            [
                self.name,
                *(f"   {line}" for line in [*lines, f"Due: {self.due}", f"Owner: {self.owner or 'nobody yet'}"]),
            ]
        )


@dataclass(frozen=True)
class CharterWords:
    """A version of a charter in words."""

    client: str
    practice: str
    label: str
    span: str
    version: int
    scope: str
    targets: tuple[TargetWords, ...]

    @property
    def title(self) -> str:
        return f"Charter for {self.label}" + (f", version {self.version}" if self.version > 1 else "")

    @property
    def text(self) -> str:
        """What is agreed to, word for word: its digest is what an agreement keeps."""
        numbered = "\n\n".join(f"{i}. {t.text}" for i, t in enumerate(self.targets, 1))
        return (
            f"Charter of {self.client} for {self.label}, version {self.version}\n{self.span}\nWith {self.practice}\n\n"
            f"Scope\n{self.scope.strip() or 'Not written yet.'}\n\nTargets\n{numbered or 'None yet.'}\n"
        )


@neutrally()
def charter_words(client: Client, charter: Charter, metrics: Mapping[str, Metric] | None = None) -> CharterWords:
    """A charter in words. Its targets are at hand; without `metrics` one query may look outcomes up."""
    targets = list(charter.targets.all())
    metrics = metrics_by_key(client, (t.metric for t in targets)) if metrics is None else metrics
    return CharterWords(
        client=client.name,
        practice=client.practice.name,
        label=charter.label,
        span=span_text(charter.quarter_start, charter.quarter_end),
        version=charter.version,
        # A text field sends \r\n; one and the same text shall have one digest.
        scope="\n".join(charter.scope.splitlines()),
        targets=tuple(target_words(t, metrics[t.metric]) for t in targets),
    )


def target_words(target: Target, metric: Metric) -> TargetWords:
    """A target in words."""
    return TargetWords(
        name=target.name,
        promise=promise(target, metric),
        measured=metric.name,
        formula=metric.formula,
        of_what=", ".join(filter(None, (target.system.name if target.system else "", target.model))),
        baseline="" if target.baseline is None else text_of(target.baseline, metric.unit),
        source=target.baseline_source,
        due=day_text(target.due, year=True),
        owner=target.owner,
    )


def promise(target: Target, metric: Metric) -> str:
    """What a target asks, as a clause: ``Stay at or below 2.0%``."""
    goal = level_text(target.goal, metric.unit)
    start = "" if target.baseline is None else text_of(target.baseline, metric.unit)
    match TargetKind(target.kind):
        case TargetKind.ABOVE:
            return f"Stay at or above {goal}"
        case TargetKind.BELOW:
            return f"Stay at or below {goal}"
        case TargetKind.REACH:
            return f"Reach {goal}" + (f" from {start}" if start else "")
        case TargetKind.CHANGE | TargetKind.CHANGE_SHARE:
            rises = target.baseline is not None and target.goal > target.baseline
            return f"{'Raise' if rises else 'Cut'} by {change_text(target, metric)}, from {start} to {goal}"


def change_text(target: Target, metric: Metric) -> str:
    """By how much a target shall get better: ``0.3 s``, ``4.0 points``, ``20%``."""
    amount = target.change or Decimal(0)
    if target.kind == TargetKind.CHANGE_SHARE:
        return f"{number_text((amount * 100).normalize(), grouped=False)}%"
    text = level_text(amount, metric.unit)
    return f"{text.removesuffix('%')} points" if text.endswith("%") else text
