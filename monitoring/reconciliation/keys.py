"""Which keys send no traces: found from the counts alone, because a trace does not say with which key it was made."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from .names import model_key
from .rows import Traced, Used

NONE_OF_IT = 0.9
"""A key sends no traces when leaving it out brings counts and traces nearer by at least this share of its tokens."""

type Cells = Mapping[tuple[date, str], int]


def untracked(used: Iterable[Used], traced: Iterable[Traced]) -> frozenset[str]:
    """The keys of one vendor whose calls are in no trace.

    All keys count at first. Then, one after the other, the key goes whose leaving brings input tokens as counted nearest to those
    traced, over all days and models, as long as the distance shrinks by at least NONE_OF_IT of the key's own tokens.
    """
    by_key: dict[str, dict[tuple[date, str], int]] = defaultdict(lambda: defaultdict(int))
    for use in used:
        by_key[use.key][use.day, model_key(use.model)] += use.input
    seen: dict[tuple[date, str], int] = defaultdict(int)
    for span in traced:
        seen[span.day, model_key(span.model)] += span.plain + span.read + span.write
    excess: dict[tuple[date, str], int] = defaultdict(int)
    for cells in by_key.values():
        for cell, tokens in cells.items():
            excess[cell] += tokens
    for cell, tokens in seen.items():
        excess[cell] -= tokens
    gone: set[str] = set()
    while True:
        shares = {key: _share(by_key[key], excess) for key in by_key if key not in gone}
        best = max(shares, key=lambda key: (shares[key], key), default=None)
        if best is None or shares[best] < NONE_OF_IT:
            return frozenset(gone)
        gone.add(best)
        for cell, tokens in by_key[best].items():
            excess[cell] -= tokens


def _share(cells: Cells, excess: Cells) -> float:
    """How much nearer counts and traces come without this key, as a share of its tokens: 1 for one that sends nothing."""
    whole = sum(cells.values())
    nearer = sum(abs(excess[cell]) - abs(excess[cell] - tokens) for cell, tokens in cells.items())
    return nearer / whole if whole else 0.0
