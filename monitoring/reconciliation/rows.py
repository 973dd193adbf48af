"""What is compared: spans, counts of usage and bills, each summed by UTC day. Money in US dollars unless a currency is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Traced:
    """Spans of one day that share provider, model, tier, size of call and price table, as their sources named them."""

    day: date
    provider: str
    model: str
    tier: str = ""
    call_input: int = 0
    """An input, in tokens, that has the same rates as that of each of these calls."""
    calls: int = 0
    counted: int = 0
    """Calls that state their tokens."""
    unpriced: int = 0
    """Calls without a cost, stated or estimated."""
    cost: Decimal = Decimal(0)
    estimated: Decimal = Decimal(0)
    """The part of `cost` that FracOps priced."""
    opaque: Decimal = Decimal(0)
    """The part of `cost` whose calls do not state their tokens."""
    plain: int = 0
    read: int = 0
    write: int = 0
    output: int = 0
    table: str = ""
    """The price table behind `estimated`."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a provider counted on one day for one key."""

    day: date
    source: int
    kind: str
    vendor: str
    model: str
    api_key: str = ""
    project: str = ""
    tier: str = ""
    requests: int = 0
    plain: int = 0
    read: int = 0
    write: int = 0
    output: int = 0

    @property
    def input(self) -> int:
        return self.plain + self.read + self.write

    @property
    def key(self) -> str:
        """Whose calls they are: the key's id, or the project's where no key is named."""
        return self.api_key or self.project


@dataclass(frozen=True, slots=True)
class Billed:
    """One line of a bill."""

    day: date
    source: int
    kind: str
    vendor: str
    amount: Decimal
    currency: str = "USD"
    service: str = ""
    model: str = ""
    line: str = ""
    project: str = ""


@dataclass(frozen=True)
class Books:
    """Everything known of a client over some UTC days, and how late each kind of source may still correct itself."""

    now: datetime
    traced: Sequence[Traced] = ()
    used: Sequence[Used] = ()
    billed: Sequence[Billed] = ()
    final_after: dict[str, timedelta] | None = None
    """By kind of source; a kind that is not there is final a day after the day."""
