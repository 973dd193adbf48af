"""The connector of FOCUS exports: one line a day, service, model, line item and project, from files behind fixed addresses."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, Field, SecretStr, ValidationError

from monitoring import values
from monitoring.connecting.errors import Fault, SourceError
from monitoring.connecting.kind import (
    DAY,
    HOUR,
    Brings,
    Connector,
    Findings,
    Kind,
    Page,
    Seen,
    Settings,
    Window,
    utc_days,
)
from monitoring.connecting.paginators import Request, same_origin
from monitoring.connecting.reading import Exact, Name, Row, UtcInstant, why
from monitoring.records import BillRecord, Rejection

from .names import is_ai, model_of, vendor_of
from .table import Cells, rows

COSTS = {"billed": "BilledCost", "effective": "EffectiveCost"}
NEEDED = frozenset({"ChargePeriodStart", "BillingCurrency", "ServiceName"})
LINES = ("skumeter", "x_skumetername", "x_skudescription", "x_usagetype", "chargedescription")
"""What a line item is called, the clearest first: FOCUS 1.1's own column, Azure's, Google's and AWS's from before it."""
MODELS = (*LINES, "x_skumetersubcategory", "x_operation", "servicename", "resourcename")
_EXACT = Context(prec=200)
"""Sums keep every digit: a cell has at most 60 of them and an exponent of at most 30."""


def _addresses(typed: SecretStr) -> SecretStr:
    try:
        found = [httpx.URL(address) for address in typed.get_secret_value().split()]
    except httpx.InvalidURL:
        raise ValueError("one of these is no address") from None
    if not found or not all(url.scheme == "https" and same_origin(url, found[0]) for url in found):
        raise ValueError("type whole addresses of one server, with https:// in front, one a line")
    return typed


class FocusSettings(Settings):
    addresses: Annotated[SecretStr, AfterValidator(_addresses)] = Field(
        title="Addresses",
        description="Where the files are, one a line, all on one server; a signed address is a secret itself.",
        json_schema_extra={"lines": True},
    )
    token: SecretStr = Field(
        SecretStr(""), title="Bearer token", description="Sent along, if the addresses alone do not open the files."
    )
    cost: Literal["billed", "effective"] = Field(
        "billed",
        title="Cost",
        description="Which of the export's two costs counts.",
        json_schema_extra={
            "words": {"billed": "As invoiced", "effective": "Prepaid commitments spread over their use"},
        },
    )
    services: Literal["ai", "all"] = Field(
        "ai",
        title="Services",
        description="Whose costs are taken.",
        json_schema_extra={"words": {"ai": "Those of AI only", "all": "Everything the files bill"}},
    )

    def points_at(self) -> dict[str, Any]:
        """The files too, without what signs their addresses: that is renewed again and again."""
        return {**super().points_at(), "files": sorted(str(url.copy_with(query=None)) for url in self.urls)}

    @property
    def urls(self) -> list[httpx.URL]:
        return [httpx.URL(address) for address in self.addresses.get_secret_value().split()]


class Charge(Row):
    """A row of a bill, whichever cost was chosen as `cost`."""

    chargeperiodstart: UtcInstant
    billingcurrency: str = Field(pattern="^[A-Z]{3}$")
    servicename: Name
    cost: Exact


class Focus(Connector[FocusSettings]):
    """Bills by UTC day. The files are read whole each time: whoever writes them may have corrected any row."""

    kind = Kind(
        "focus",
        "Cloud bills (FOCUS)",
        Brings.BILLS,
        "What Google Cloud, Azure or AWS bill for AI, from an export in the FOCUS format.",
        interval=6 * HOUR,
        settle=DAY,
        final_after=5 * DAY,
        lookback=35 * DAY,
        reread_every=DAY,
        step=100 * DAY,
        grain=DAY,
    )
    Settings = FocusSettings

    @classmethod
    def address(cls, settings: FocusSettings) -> str:
        return str(settings.urls[0].join("/"))

    @classmethod
    def headers(cls, settings: FocusSettings) -> dict[str, str]:
        token = settings.token.get_secret_value()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def check(self) -> Findings:
        accounts: set[str] = set()
        days: defaultdict[str, list[date]] = defaultdict(list)
        for cells in self._rows():
            if isinstance(cells, Rejection):
                continue
            accounts.add(values.short(cells.get("billingaccountid") or ""))
            if (bill := self._bill(cells)) and not isinstance(bill, Rejection):
                days[bill.service].append(bill.day)
        named = ", ".join(sorted(filter(None, accounts))[:3])
        if not days:
            found = f"Account {named} bills nothing of AI in these files" if accounts else "The files have no rows"
            raise SourceError(Fault.CLIENT, f"{found}. Check the addresses, or choose all services.")
        seen = [
            Seen(name, len(found), "rows", _start(min(found)), _start(max(found)))
            for name, found in sorted(days.items())
        ]
        return Findings(f"billing account {named}" if named else str(self.http.client.base_url.host), tuple(seen))

    def fetch(self, window: Window, cursor: str = "") -> Iterator[Page]:
        first, end = (at.date() for at in utc_days(window))
        sums: defaultdict[BillRecord, Decimal] = defaultdict(Decimal)
        rejected: list[Rejection] = []
        for cells in self._rows():
            bill = cells if isinstance(cells, Rejection) else self._bill(cells)
            if isinstance(bill, Rejection):
                rejected.append(bill)
            elif bill and first <= bill.day < end:
                key = replace(bill, amount=Decimal(0))
                sums[key] = _EXACT.add(sums[key], bill.amount)
        by_day: defaultdict[str, list[BillRecord]] = defaultdict(list)
        for key, amount in sums.items():
            by_day[key.day.isoformat()].append(replace(key, amount=amount))
        days = [day for day in sorted(by_day) if day >= cursor]
        for day, following in pairwise((*days, None)):
            yield Page(by_day[str(day)], following, () if cursor or day != days[0] else rejected)
        if not days:
            yield Page((), None, () if cursor else rejected)

    def _rows(self) -> Iterator[Cells | Rejection]:
        needed = NEEDED | {COSTS[self.settings.cost]}
        for url in self.settings.urls:
            yield from rows(self._file(url), needed)

    def _file(self, url: httpx.URL) -> bytes:
        try:
            return self.http.file(Request(str(url)))
        except SourceError as error:
            # What a store of files says of a refusal repeats the signature.
            if error.status in (400, 403):
                message = f"{url.host} refused the address: it has expired or was not copied whole. Create a new one."
                raise SourceError(Fault.CLIENT, message, status=error.status) from None
            raise replace(error, detail="") from None

    def _bill(self, cells: Cells) -> BillRecord | Rejection | None:
        """A row as a bill, None for a service that is not asked for."""
        service, category = cells.get("servicename") or "", cells.get("servicecategory") or ""
        if self.settings.services == "ai" and not is_ai(category, service, cells.get("x_servicecode") or ""):
            return None
        try:
            charge = Charge.model_validate({**cells, "cost": cells.get(COSTS[self.settings.cost].lower())})
        except (ValidationError, values.BadValue) as error:
            return Rejection(why(error))
        return BillRecord(
            charge.chargeperiodstart.date(),
            values.short(vendor_of(_first(cells, "serviceprovidername", "providername", "provider"))),
            charge.cost,
            charge.billingcurrency,
            charge.servicename,
            model_of(cells.get(name) or "" for name in MODELS),
            values.short(_first(cells, *LINES)),
            values.short(_first(cells, "subaccountname", "subaccountid")),
        )


def _first(cells: Cells, *names: str) -> str:
    return next((cell for name in names if (cell := cells.get(name))), "")


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
