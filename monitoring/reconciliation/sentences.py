"""The reconciliation in words: what each class says of its amount, and what a whole page says first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from clients.listing import listed
from monitoring.catalogue import Unit
from monitoring.wording import span_text, text_of

from .choice import RECKONED
from .classes import Class
from .names import UNKNOWN_VENDOR
from .reckon import Cell, Sum
from .spend import Basis, Spend, VendorSpend, Why, runs

VENDORS = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "google": "Google",
    "azure": "Azure",
    "aws": "AWS",
    "openrouter": "OpenRouter",
    "mistral": "Mistral",
    "cohere": "Cohere",
    "deepseek": "DeepSeek",
    "xai": "xAI",
    UNKNOWN_VENDOR: "Unknown vendor",
}
CONNECT = {
    "openai": ("openai", "Connect OpenAI with an admin key."),
    "anthropic": ("anthropic", "Connect Anthropic with an admin key."),
    "google": ("focus", "Connect Google Cloud's FOCUS export."),
    "azure": ("focus", "Connect Azure's FOCUS export."),
    "aws": ("focus", "Connect AWS's FOCUS export."),
    "openrouter": ("openrouter", "Connect OpenRouter with a management key."),
}
"""By vendor, the kind of source that brings its bill, and how to say so."""


def vendor_name(vendor: str) -> str:
    """A vendor as people write it; one nobody listed, as it names itself."""
    return VENDORS.get(vendor, vendor)


def money(amount: Decimal) -> str:
    """An amount in US dollars: ``$12.40``, ``−$3,211``."""
    return text_of(amount, Unit.MONEY)


def settled(amount: Decimal) -> bool:
    """Whether an amount is nothing to whoever reads it: it would be less than a hundredth of a cent."""
    return abs(amount) < Decimal("0.00005")


def signed(amount: Decimal) -> str:
    """With a plus where more was billed: a gap has a direction."""
    if settled(amount):
        return money(Decimal(0))
    return f"+{money(amount)}" if amount > 0 else money(amount)


CAUSES = {
    Class.PRICE: "other prices than the list’s",
    Class.CACHED: "cached tokens",
    Class.THINKING: "thinking tokens",
    Class.TIER: "batch or priority tiers",
    Class.MISSING: "calls without a trace",
    Class.KEY: "keys that send no traces",
    Class.OTHER: "charges for other things than tokens",
    Class.LATE: "late usage",
}
"""What a bill and its traces differ by, as the rest of a sentence."""


def largest(classes: Mapping[Class, Decimal], most: int) -> list[tuple[Class, Decimal]]:
    """The classes with the largest amounts either way, those that read as nothing left out."""
    told = [(which, amount) for which, amount in classes.items() if signed(amount) != signed(Decimal(0))]
    return sorted(told, key=lambda item: -abs(item[1]))[:most]


_WHYS = {
    Why.NO_BILL: "no bill",
    Why.NOT_FINAL: "bill not final yet",
    Why.FOREIGN: "billed in another currency",
    Why.RECKONED: "reckoned, but not billed",
}


def traced_words(part: VendorSpend) -> str:
    """Why some of a vendor's spend is traced, and which days: ``OpenAI 30–31 October (bill not final yet)``, ``Anthropic (no bill)``."""
    days = f" {stretches(part.traced_days, part.billed_days)}" if part.billed_days else ""
    return f"{vendor_name(part.vendor)}{days} ({', '.join(_WHYS[why] for why in part.why)})"


def billed_words(part: VendorSpend) -> str:
    """Whose bill it is, and of which days where it is not of all: ``OpenAI``, ``OpenAI for 1–29 October``."""
    days = f" for {stretches(part.billed_days, part.traced_days)}" if part.traced_days else ""
    return f"{vendor_name(part.vendor)}{days}"


def spend_finding(spend: Spend) -> str:
    """What AI cost and who says so: ``AI spend was $94: $72 as billed by OpenAI for 1–20 October, and $22 by traces.``"""
    whose = listed([billed_words(v) for v in spend.vendors if v.billed_days])
    if spend.basis is Basis.BILLED:
        return f"AI spend was {money(spend.total)} as {whose} billed it; traces say {money(spend.billed.compared)}"
    billed = money(spend.billed.billed or Decimal(0))
    return (
        f"AI spend was {money(spend.total)}: {billed} as billed by {whose}, and {money(spend.traced.traced)} by traces"
    )


def estimated_words(estimated: Decimal, traced: Decimal, tables: Iterable[str]) -> str:
    """How much of a traced cost was priced by us, and from which table; "" where nothing was."""
    if not estimated:
        return ""
    share = "all" if estimated == traced else money(estimated)
    return f"{share} of it estimated from {', '.join(tables) or 'list prices'}"


def stretches(days: Sequence[date], others: Sequence[date]) -> str:
    """Days in words, as one stretch or two where `others` break them, else as a number: ``1–29 October``, ``12 days``."""
    found = runs(days, others)
    if len(found) > 2:
        return f"{len(days)} days"
    return " and ".join(span_text(*run) for run in found)


def class_sentence(which: Class, amount: Decimal, of: Cell | Sum) -> str:
    """One sentence that says what an amount of the gap is: “$12.40 are calls by a key that sends no traces: key_abc.”"""
    much, more = money(abs(amount)), amount > 0
    match which:
        case Class.PRICE:
            return (
                f"{much} more is asked for the same tokens than the traces state or list prices say."
                if more
                else f"{much} less is asked for the same tokens than the traces state or list prices say."
            )
        case Class.CACHED:
            return (
                f"{much} are tokens written to or read from a cache that the traces do not count."
                if more
                else f"{much} are saved by cached input, which the traces count at the full price."
            )
        case Class.THINKING:
            return (
                f"{much} are output tokens that are billed but not traced: thinking, as a rule."
                if more
                else f"{much} are output tokens that are traced but not billed: thinking counted twice, as a rule."
            )
        case Class.TIER:
            tiers = listed(sorted(of.tiers)) or "another tier"
            return (
                f"{much} more than the usual price is asked for calls served as {tiers}."
                if more
                else f"{much} less than the usual price is asked for calls served as {tiers}."
            )
        case Class.MISSING:
            return (
                f"{much} are calls without a trace, by keys that do send traces."
                if more
                else f"{much} are calls in the traces that the provider did not count."
            )
        case Class.KEY:
            keys = sorted(key or "no name" for key in of.keys)
            named = listed(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            who = "a key that sends" if len(keys) == 1 else f"{len(keys)} keys that send"
            return f"{much} are calls by {who} no traces: {named}."
        case Class.OTHER:
            named = listed(sorted(filter(None, of.others))[:3]) or "charges without a model"
            return f"{much} {'are charges' if more else 'are credits'} for something else than tokens: {named}."
        case Class.LATE:
            return (
                f"{much} are usage of another day, or of one that the provider has not closed yet."
                if more
                else f"{much} are not billed yet, or with the next day: the provider closes its days later."
            )


def rest_sentence(of: Cell | Sum) -> str:
    """What is left: nothing, or an amount with what would explain it."""
    if settled(of.rest):
        return "Nothing is left unexplained."
    if of.unlisted:
        why = f" No price list has {listed(sorted(of.unlisted))}."
    elif not of.counted:
        why = " The provider's count of usage would explain more: connect it."
    else:
        why = ""
    return (
        f"{money(abs(of.rest))} {'more' if of.rest > 0 else 'less'} is billed for no reason that the data shows.{why}"
    )


def finding(vendors: Mapping[str, Sum], whole: Sum) -> str:
    """The page's sentence."""
    billed = [vendor_name(v) for v, s in vendors.items() if s.billed is not None]
    if whole.billed is None:
        if not vendors:
            return "No model call and no bill in this period."
        return f"Calls traced cost {money(whole.traced)}; no vendor has a bill to set against that."
    said = f"{listed(billed)} billed {money(whole.billed)} for what traces put at {money(whole.compared)}"
    if whole.gap == 0:
        return f"{said}: the same to the cent."
    share = whole.rest_share or Decimal(0)
    if settled(whole.rest) or share < Decimal("0.0005"):
        return f"{said}, and all of the difference is explained."
    left = f"{money(abs(whole.rest))} of the difference ({text_of(share, Unit.FRACTION)} of the bill)"
    return f"{said}; all but {left} is explained."


def source_words(kind: str, name: str) -> str:
    """Whose bill counts, and that of those who bill nobody it is a reckoning only."""
    return f"{name}'s reckoning, no invoice" if kind in RECKONED else f"{name}'s bill"


def days_words(days: Iterable[date]) -> str:
    """``1 day``, ``3 days, 4–6 November``."""
    known = sorted(days)
    if not known:
        return "no days"
    return f"{len(known)} day{'' if len(known) == 1 else 's'}, {span_text(known[0], known[-1])}"
