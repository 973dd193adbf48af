"""What keeps a pulse from being read: one rule for the Friday board and the portfolio. Pure."""

from datetime import datetime

NO_SOURCE = "No source is connected"
NOTHING_YET = "Nothing has arrived yet"
NO_RECIPIENT = "No recipient"


def lacking(sources: int, newest: datetime | None, people: int) -> list[str]:
    """What a client's pulse lacks: something to tell (sources that deliver; newest: the last arrival), and somebody who reads it."""
    found = [NO_SOURCE] if not sources else [NOTHING_YET] if newest is None else []
    return found if people else [*found, NO_RECIPIENT]


def not_ready(lacks: list[str]) -> str:
    """``Not ready: no recipient.``; "" where nothing is lacking."""
    return f"Not ready: {', '.join(each[:1].lower() + each[1:] for each in lacks)}." if lacks else ""
