"""Status as shape, colour and word together, so that no page ever says it by colour alone."""

from dataclasses import dataclass

from monitoring.readings import Change, ChangeState, Verdict
from monitoring.targets import Status


@dataclass(frozen=True)
class Mark:
    """`shape` names a drawing in components/glyph.html, `tone` a colour class, `word` what both mean."""

    shape: str
    tone: str
    word: str


_STATUS = {
    Status.MET: ("good", "good"),
    Status.ON_TRACK: ("good", "good"),
    Status.WATCH: ("watch", "watch"),
    Status.OFF_TRACK: ("off", "off"),
    Status.TOO_EARLY: ("early", "none"),
    Status.NO_BASELINE: ("baseline", "none"),
    Status.NO_DATA: ("nodata", "none"),
}


def of_status(status: Status) -> Mark:
    """The mark of a target's status."""
    shape, tone = _STATUS[status]
    return Mark(shape, tone, status.word)


def of_change(change: Change) -> Mark | None:
    """The mark of a change in a table: only what got worse is coloured, the rest stays quiet."""
    return Mark("off", "off", "Worse") if change.verdict is Verdict.WORSE else None


def of_state(change: Change) -> Mark:
    """The mark of a change on its own page, where every state has a word."""
    match change.state, change.verdict:
        case ChangeState.NO_DATA, _:
            return Mark("nodata", "none", "No data")
        case ChangeState.NO_BASELINE, _:
            return Mark("baseline", "none", "No baseline")
        case ChangeState.TOO_EARLY, _:
            return Mark("early", "none", "Too early")
        case ChangeState.UNSETTLED, _:
            return Mark("early", "none", "Not final yet")
        case _, Verdict.WORSE:
            return Mark("off", "off", "Worse")
        case _, Verdict.BETTER:
            return Mark("good", "good", "Better")
        case _, Verdict.MOVED:
            return Mark("watch", "none", "Moved")
        case _:
            return Mark("nodata", "none", "Steady")
