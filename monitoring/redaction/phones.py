"""Phone numbers within a run of numbers: international ones, the common national forms, and any that a word beside it calls one.

What may as well be an ordinary number is none: an unbroken row of digits counts only after ``+`` or beside such a word.
"""

import re
from dataclasses import dataclass

FEWEST, MOST = 7, 15
"""Digits of a phone number; 15 is the most that ITU-T E.164 allows."""
_ENOUGH = 11
"""Digits from which on an international number takes in no further group."""
_ENOUGH_AT_HOME = 10

_GLUE = frozenset(("-", ".", "/"))
_GAPS = frozenset((" ", "-", ".", "/", ")", ") ", ")-", ")/", " (", "(", " - ", " / ", "-(", "/("))
"""What stands between the groups of one number. Other gaps part it from the next."""
_CALLED_PHONE = re.compile(
    r"(?<![a-z])(?:(?:tele)?phone|mobile|cell[ _-]?phone|tel|fax|whats[ ]?app|handy|mobil|telefon|rufnummer|m[oó]vil|tel[eé]fono"
    r"|t[eé]l[eé]phone)(?:[ _-]?(?:phone|number|no|nr|num|nummer|fax))?[\"'\\\s:=.#]{0,6}(?:is|ist|est|es)?[\"'\s:=]{0,3}\Z",
    re.IGNORECASE,
)
_REACH = 32
"""Characters before a number in which the word that calls it a phone's is looked for."""
_YEAR = re.compile("(?:19|20)[0-9]{2}")


@dataclass(slots=True)
class Run:
    """Groups of digits; ``gaps[i]`` is what stands before group i, of the first one ``+`` or ``(``; and where in a text they stand."""

    groups: list[str]
    gaps: list[str]
    text: str
    start: int
    end: int
    name: str = ""

    def may_begin(self, first: int, follows: bool) -> bool:
        """Whether a number can begin with the group: it is not the end of a word or a longer number."""
        if first:
            return follows or self.gaps[first] not in _GLUE
        before = self.text[max(0, self.start - 3) : self.start]
        if not before:
            return True
        if before[-1].isalnum() or before[-1] == "_":
            return len(before) > 1 and before[-2] == "\\" and before[-1] in "nrt"
        if before[-1] in ".,-/" and len(before) > 1 and before[-2].isalnum():
            return False
        return before[-1] not in "$€£¥" and not (before[-1] == ")" and self.gaps[0])

    def may_end(self, end: int) -> bool:
        """Whether a number can end before group `end`: no digit or letter is stuck to it."""
        if end < len(self.groups):
            return self.gaps[end] not in ("-", ".")
        after = self.text[self.end : self.end + 2]
        return not (after[:1].isalnum() or after[:1] == "_") or (after[0] in "xX" and after[1:].isdigit())

    def opening(self, first: int) -> str:
        """What belongs to the number before its first group: ``+``, or a parenthesis that is closed within it."""
        closed = first + 1 < len(self.gaps) and self.gaps[first + 1].startswith(")")
        gap = self.gaps[first]
        if first == 0 and "+" in gap:
            return gap
        return "(" if closed and gap.endswith("(") else ""

    def reach(self, first: int, digits: int, enough: int, most: int) -> int:
        """The end of the fewest groups that hold `enough` digits, counting on from `digits`; of all there are where that is less.

        0 where they hold more than `most`.
        """
        end = first
        while end < len(self.groups) and (end == first or (digits < enough and self.gaps[end] in _GAPS)):
            digits += len(self.groups[end])
            end += 1
        return end if digits <= most else 0

    def digits(self, first: int, end: int) -> int:
        return sum(map(len, self.groups[first:end]))


def called(text: str, start: int, name: str) -> bool:
    """Whether its name, or a word before it, says that what starts there is a phone number."""
    if name and _CALLED_PHONE.search(name):
        return True
    return _CALLED_PHONE.search(text, max(0, start - _REACH), start) is not None


def end_of_phone(run: Run, first: int) -> int:
    """Where the phone number ends that begins with the group, or 0 where none does."""
    for form in (_international, _american, _with_area, _with_trunk_zero, _called):
        if (end := form(run, first)) and run.may_end(end):
            return end
    return 0


def date_at(run: Run, first: int) -> int:
    """How many groups from this one on are a date, which is no part of a phone number; 0 if they are none."""
    sizes = [len(group) for group in run.groups[first : first + 3]]
    gap = run.gaps[first + 1] if len(sizes) > 1 else ""
    if gap not in _GLUE:
        return 0
    if len(sizes) == 3 and run.gaps[first + 2] == gap and (first + 3 == len(run.gaps) or run.gaps[first + 3] != gap):
        day, month = sorted(map(int, run.groups[first + (sizes[0] == 4) : first + 2 + (sizes[0] == 4)]), reverse=True)
        shaped = (sizes[0] == 4 and sizes[2] <= 2) or (sizes[0] <= 2 and sizes[2] in (2, 4))
        if shaped and sizes[1] <= 2 and 1 <= month <= 12 and day <= 31:
            return 3
    if sizes[0] <= 2 and _YEAR.fullmatch(run.groups[first + 1]) and 1 <= int(run.groups[first]) <= 12:
        return 2
    return 0


def _international(run: Run, first: int) -> int:
    """``+49 30 1234567``, and with two zeros for the plus: then broken somewhere, for a row of digits could be a padded number."""
    group = run.groups[first]
    if first == 0 and "+" in run.gaps[0] and group[0] != "0":
        end = run.reach(first, 0, _ENOUGH, MOST)
        thousands = end - first > 1 and all(
            run.gaps[i] == "." and len(run.groups[i]) == 3 for i in range(first + 1, end)
        )
        return end if end and run.digits(first, end) > FEWEST and not thousands else 0
    if group.startswith("00") and len(group) <= 5:
        end = run.reach(first, -2, _ENOUGH, MOST)
        rest = "".join(run.groups[first:end])[2:]
        return end if end - first > 1 and len(rest) > FEWEST and re.match("[2-9]|1[2-9]", rest) else 0
    return 0


def _american(run: Run, first: int) -> int:
    """``(415) 555-0123``, ``415-555-0123``, ``1-415-555-0123``: neither area nor exchange begins with 0 or 1."""
    area = first + (run.groups[first] == "1")
    parts = run.groups[area : area + 3]
    if [len(part) for part in parts] != [3, 3, 4] or parts[0][0] in "01" or parts[1][0] in "01":
        return 0
    return area + 3 if all(gap in _GAPS for gap in run.gaps[first + 1 : area + 3]) else 0


def _with_area(run: Run, first: int) -> int:
    """``(11) 98765-4321``: an area in parentheses."""
    group = run.groups[first]
    closed = first + 1 < len(run.groups) and run.gaps[first + 1].startswith(")") and run.gaps[first].endswith("(")
    if not closed or not 2 <= len(group) <= 5 or _YEAR.fullmatch(group):
        return 0
    end = run.reach(first, 0, _ENOUGH_AT_HOME, 12)
    return end if end and run.digits(first, end) >= 9 else 0


def _with_trunk_zero(run: Run, first: int) -> int:
    """``030 1234567``, ``0171/1234567``, ``06 12 34 56 78``: a zero before the area, and broken somewhere."""
    group = run.groups[first]
    if group[0] != "0" or not 2 <= len(group) <= 5 or group[1] == "0":
        return 0
    end = run.reach(first, 0, _ENOUGH_AT_HOME, 12)
    if end - first < 2 or run.digits(first, end) < 9 or min(map(len, run.groups[first:end])) < 2:
        return 0
    if all(len(part) == 2 for part in run.groups[first:end]):
        # Five pairs and no more: else it is a row of small numbers.
        around = [*run.groups[max(0, first - 1) : first], *run.groups[end : end + 1]]
        return end if end - first == 5 and all(len(part) != 2 for part in around) else 0
    return end


def _called(run: Run, first: int) -> int:
    """``Phone: 4155550123``: whatever the digits, a word says so."""
    if first or not called(run.text, run.start, run.name):
        return 0
    end = run.reach(first, 0, _ENOUGH_AT_HOME, MOST)
    return end if end and run.digits(first, end) >= FEWEST else 0
