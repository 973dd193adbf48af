"""The quick add: one typed line that says how long, when, for whom, in which area and what was done. Pure.

``1h30 prompt #support tightened refusal wording`` begins with a duration, a day and an area in any order (the day may be left
out: today); the first word that is none of these begins what was done. ``@client`` and ``#system`` may stand anywhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .writing import number_text

DAY_MINUTES = 24 * 60
LONGEST = 500
"""Characters of a line."""
EVERYONE = "all"
"""What ``@`` says when the time is to be divided among all of the person's clients."""
_DURATIONS = (
    re.compile(r"(?P<h>\d{1,2})(?:h|hr|:)(?P<m>[0-5]?\d)m?(?:in)?"),
    re.compile(r"(?P<h>\d{1,2}(?:[.,]\d{1,3})?)(?:h|hr|hrs|hours?)"),
    re.compile(r"(?P<m>\d{1,4})(?:m|min|mins|minutes?)?"),
)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAST = 3
"""Letters of an area's or a weekday's name that are enough."""


class NotUnderstood(ValueError):  # noqa: N818
    """A line that cannot be logged; the message says what is missing and how to write it."""


@dataclass(frozen=True)
class Named:
    """A client, area or system that a line can speak of: its key and the names it goes by."""

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """What a line says. `client` is a key, `EVERYONE`, or "" where none is named; `system` is as typed after the ``#``."""

    minutes: int
    day: date
    area: str
    client: str
    system: str
    note: str


def minutes_of(text: str) -> int | None:
    """Minutes of ``1h30``, ``1:30``, ``1.5h``, ``45m`` or ``90``; None for anything else, and for less than 1 or more than a day."""
    minutes = _length(text)
    return minutes if minutes is not None and 1 <= minutes <= DAY_MINUTES else None


def no_time(text: str) -> str:
    """What is wrong with a text that `minutes_of` does not read, and what to write."""
    said, minutes = f"“{text.strip()[:20]}” is no time", _length(text)
    if minutes is not None and minutes > DAY_MINUTES:
        return f"{said} for one day, which has 24 hours: write what was done on each day by itself."
    return f"{said}: write 1h30, 1.5h, 45m or 90 for minutes."


def _length(text: str) -> int | None:
    """Minutes of what is written like a duration, however long."""
    for pattern in _DURATIONS:
        if found := pattern.fullmatch(text.strip().lower()):
            parts = found.groupdict()
            hours = float((parts.get("h") or "0").replace(",", "."))
            return round(hours * 60) + int(parts.get("m") or 0)
    return None


def words_of(minutes: int) -> str:
    """``1 h 30 min``, ``45 min`` or ``2 h``, with a minus where it is negative; spaces within do not break."""
    hours, rest = divmod(abs(minutes), 60)
    said = [f"{number_text(hours)} h"] if hours else []
    said += [f"{rest} min"] if rest or not hours else []
    return ("−" if minutes < 0 else "") + " ".join(said)


def typed_of(minutes: int) -> str:
    """As a person types it and `minutes_of` reads it: ``1h30``, ``2h``, ``45m``."""
    hours, rest = divmod(minutes, 60)
    return f"{hours}h{rest:02}" if hours and rest else f"{hours}h" if hours else f"{rest}m"


def day_of(word: str, today: date) -> date | None:
    """The day of ``today``, ``yesterday``, a weekday (the last one, today included) or ``2026-11-20``; None for another word."""
    word = word.lower()
    if word in ("today", "yesterday"):
        return today - timedelta(days=word == "yesterday")
    if len(word) >= _LEAST:
        for place, name in enumerate(_WEEKDAYS):
            if name.startswith(word):
                return today - timedelta(days=(today.weekday() - place) % 7)
    if _ISO_DAY.fullmatch(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            return None
    return None


def found(word: str, among: Sequence[Named]) -> Named | None:
    """The one that `word` names: whole, else as the beginning of exactly one; None where none or several fit.

    A whole name, or a whole word of a name, goes before a beginning.
    """
    word = word.casefold()
    if len(word) < _LEAST:
        return next((one for one in among if one.key.casefold() == word), None)
    ways = (
        lambda name: name == word,
        lambda name: word in re.split(r"[^\w]+", name),
        lambda name: name.startswith(word),
        lambda name: any(part.startswith(word) for part in re.split(r"[^\w]+", name)),
    )
    for fits in ways:
        hits = [one for one in among if any(fits(name.casefold()) for name in (one.key, *one.names))]
        if hits:
            return hits[0] if len(hits) == 1 else None
    return None


def parse(text: str, today: date, clients: Sequence[Named], areas: Sequence[Named]) -> Line:
    """What a line says. Raises NotUnderstood where it has no duration or area, or names a client or day that cannot be."""
    if len(text) > LONGEST:
        raise NotUnderstood(
            f"That is longer than {LONGEST} characters: say it in fewer, or log it on the client’s hours page."
        )
    words = text.split()
    client, words = _marked("@", words)
    system, words = _marked("#", words)
    minutes: int | None = None
    day: date | None = None
    area: Named | None = None
    while words:
        word = words[0]
        if minutes is None and (length := minutes_of(word)) is not None:
            minutes = length
        elif day is None and (named := day_of(word, today)):
            day = named
        elif area is None and (fitting := found(word, areas)):
            area = fitting
        elif minutes is None and _length(word) is not None:
            raise NotUnderstood(no_time(word))
        elif day is None and _ISO_DAY.fullmatch(word):
            raise NotUnderstood(f"“{word}” is no day of the calendar: write one like {today:%Y-%m-%d}.")
        else:
            break
        words = words[1:]
    if minutes is None:
        raise NotUnderstood("Say how long it took, at the beginning: 1h30, 1.5h, 45m or 90 for minutes.")
    if area is None:
        raise NotUnderstood("Say the area after the time: " + ", ".join(_shortest(one, areas) for one in areas) + ".")
    return Line(minutes, day or today, area.key, _client(client, clients), system, " ".join(words))


def _marked(mark: str, words: list[str]) -> tuple[str, list[str]]:
    """The first word behind `mark`, without it, and the other words."""
    at = next((i for i, word in enumerate(words) if word.startswith(mark) and len(word) > 1), None)
    return ("", words) if at is None else (words[at][1:], words[:at] + words[at + 1 :])


def _client(named: str, clients: Sequence[Named]) -> str:
    if not named or named.lower() == EVERYONE:
        return named.lower()
    if one := found(named, clients):
        return one.key
    known = ", ".join(f"@{one.key}" for one in clients[:6])
    raise NotUnderstood(
        f"“@{named}” names none or several of your clients: write {known or 'a client of yours'} or @{EVERYONE}."
    )


def _shortest(one: Named, among: Sequence[Named]) -> str:
    """The word that names an area: the first of its name where that is enough, else all of it."""
    first = one.names[0].split()[0] if one.names and one.names[0].split() else one.key
    return first if found(first, among) == one else (one.names or (one.key,))[0]
