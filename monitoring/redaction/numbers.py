"""Bank accounts, payment cards and phone numbers, told from all other numbers by their checksums and by how they are written.

Numbers are read in runs: groups of digits with a space, hyphen, dot, slash or parenthesis between them. Along a run each group may begin
a card or a phone number, which is at most eight groups long, so a run takes time in proportion to its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from . import phones
from .marks import mark

_GAP = r"(?:[ .\-/()\u00a0\u202f\u2010\u2011\u2013]|\\u00a0|\\u202f)"
# Seven digits with no more than gaps between them, or it is not looked at any closer; nor is a date by itself, as most are.
_NEAR = r"[ .\-/()\u00a0\u202f\u2010\u2011\u2013\\uaf]"
_RUN = re.compile(
    rf"[0-9+(](?:(?<=[0-9])(?<![0-9].)|(?<=[+(])\(?+[0-9])(?=(?:{_NEAR}{{0,4}}[0-9]){{6}})"
    rf"(?![0-9]{{3}}-[01][0-9]-[0-3][0-9](?!{_NEAR}?[0-9]))[0-9]*+(?:{_GAP}{{1,3}}+[0-9]++)*+"
)
_ENOUGH_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,6}[0-9]){6}")
_SHORTEST = 10
"""Characters of a card or a phone number as it is written, unless it begins with a sign."""
_GROUP = re.compile("[0-9]++")
_WRITTEN_OUT = re.compile(r"\\u(?:00a0|202f)")
_SPACES = re.compile("  +")
_PLAIN = str.maketrans("\u00a0\u202f\u2010\u2011\u2013", "  ---")

# Looked for by its first digit, for letters are everywhere.
_IBAN = re.compile(
    r"[0-9](?<=[A-Za-z]{2}[0-9])(?:(?<![0-9A-Za-z_]..[0-9])|(?<=\\[nrt]..[0-9]))[0-9](?:[ -]?[0-9A-Za-z]){11,30}"
)
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        line.split(" ", 1)
        for line in (
            "15 NO", "16 BE", "18 DK FK FO FI GL NL SD", "19 MK SI", "20 AT BA EE KZ LT LU MN XK", "21 CH HR LI LV",
            "22 BG BH CR DE GB GE IE ME RS VA", "23 AE GI IL IQ OM SO TL", "24 AD CZ ES MD PK RO SA SE SK TN VG", "25 LY PT ST",
            "26 IS TR", "27 BI DJ FR GR IT MC MR SM", "28 AL AZ BY CY DO GT HU LB NI PL SV", "29 BR EG PS QA UA", "30 JO KW MU YE",
            "31 MT SC", "32 LC", "33 RU",
        )
    )
    for country in countries.split()
}  # fmt: skip
"""Characters of each country's account numbers, from the registry of ISO 13616."""

_ISSUED = re.compile(
    r"4(?:.{15}|.{18})|5[1-5].{14}|2(?:22[1-9]|2[3-9].|[3-6]..|7[01].|720).{12}|220[0-4].{12,15}|3[47].{13}|3(?:0[0-5]|[689].).{11}"
    r"|(?:6011|64[4-9].|65..|62..|35(?:2[89]|[3-8].)|5018|5020|5038|5893|6304|6759|676[123]).{12,15}"
)
"""Beginnings and lengths that card schemes give out (ISO/IEC 7812): without them every tenth long number would pass for a card."""
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found in a run: its kind, and the end of its groups."""

    kind: str
    end: int


def without_numbers(text: str, name: str = "") -> str:
    """The text with each account, card and phone number replaced; `name` is what the whole text is called, if anything."""
    if not _ENOUGH_DIGITS.search(text):
        return text
    return _RUN.sub(lambda found: _read(found, name), _without_ibans(text))


def _without_ibans(text: str) -> str:
    kept, at = [], 0
    for end, start in _ibans(text):
        kept += [text[at:start], mark("iban")]
        at = end
    return "".join((*kept, text[at:])) if kept else text


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """End and start of each account number, in order."""
    at = 0
    while found := _IBAN.search(text, at):
        end = _end_of_iban(found)
        if end:
            yield end, found.start() - 2
        at = end or found.start() + 1


def _end_of_iban(found: re.Match[str]) -> int:
    """Where the account number ends that begins with the match, or 0 where none does."""
    start = found.start() - 2
    written = found.string[start : found.end()]
    length = _IBAN_LENGTHS.get(written[:2].upper(), 0)
    places = [i for i, c in enumerate(written) if c not in " -"][:length]
    if len(places) < max(length, 1):
        return 0
    end = start + places[-1] + 1
    compact = "".join(written[i] for i in places)
    if found.string[end : end + 1].isalnum() or not (compact.isupper() or compact[2:].isdigit()):
        return 0
    number = "".join(str(int(c, 36)) for c in compact[4:] + compact[:4])
    return end if int(number) % 97 == 1 else 0


def _read(found: re.Match[str], name: str) -> str:
    """One run with what was found in it replaced."""
    written = found[0]
    # Too short for anything but what a word calls a phone number: a nine-digit one with a zero has a gap.
    if len(written) < _SHORTEST and written[0] not in "+(" and not phones.called(found.string, found.start(), name):
        return written
    # As long as it was, but with a space for one that JSON wrote out in letters and digits.
    flat = _WRITTEN_OUT.sub("      ", written) if "\\" in written else written
    places = [group.span() for group in _GROUP.finditer(flat)]
    groups = [written[start:end] for start, end in places]
    if sum(map(len, groups)) < phones.FEWEST:
        return written
    gaps = [flat[: places[0][0]], *(_plain(flat[before[1] : after[0]]) for before, after in pairwise(places))]
    run = phones.Run(groups, gaps, found.string, found.start(), found.end(), name)
    kept: list[str] = []
    at = position = 0
    follows = False
    while position < len(groups):
        finding = _finding(run, position, follows)
        if finding is None:
            dated = phones.date_at(run, position)
            follows, position = bool(dated), position + (dated or 1)
            continue
        begins = places[position][0] - len(run.opening(position))
        kept += [written[at:begins], mark(finding.kind)]
        at = places[finding.end - 1][1]
        follows, position = True, finding.end
    return "".join((*kept, written[at:])) if kept else written


def _plain(gap: str) -> str:
    """A gap with one plain space or hyphen for whatever kinds and however many."""
    gap = gap if gap.isascii() else gap.translate(_PLAIN)
    return _SPACES.sub(" ", gap) if "  " in gap else gap


def _finding(run: phones.Run, first: int, follows: bool) -> Finding | None:
    """What begins with a group; `follows` says that what stands before it was itself found or is a date."""
    if not run.may_begin(first, follows):
        return None
    for end in _card_ends(run, first):
        if run.may_end(end) and is_card("".join(run.groups[first:end])):
            return Finding("card", end)
    end = 0 if phones.date_at(run, first) else phones.end_of_phone(run, first)
    return Finding("phone", end) if end else None


def _card_ends(run: phones.Run, first: int) -> Iterator[int]:
    """Where a card that begins with a group could end: in one piece, in fours, or as American Express and Diners have it."""
    sizes = [len(group) for group in run.groups[first : first + 5]]
    if 14 <= sizes[0] <= 19:
        yield first + 1
    if sizes[0] == 4 and len(sizes) > 2:
        gaps = set(run.gaps[first + 1 : first + 4])
        if sizes[:4] == [4, 4, 4, 4] and gaps in ({" "}, {"-"}):
            if len(sizes) == 5 and sizes[4] <= 3 and run.gaps[first + 4] in gaps:
                yield first + 5
            yield first + 4
        if sizes[1] == 6 and sizes[2] in (4, 5) and set(run.gaps[first + 1 : first + 3]) in ({" "}, {"-"}):
            yield first + 3


def is_card(digits: str) -> bool:
    """Whether a scheme gives out such numbers and the last digit is right (Luhn's, ISO/IEC 7812-1)."""
    if not _ISSUED.fullmatch(digits):
        return False
    ones, twos = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, ones)) + sum(_DOUBLED[int(d)] for d in twos)) % 10 == 0
