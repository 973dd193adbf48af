"""A store of files that holds a FOCUS export: a bearer token or a signature opens it, and what it says of a refusal is XML."""

import csv
import gzip
import io
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from tests.sources.fakes.base import END, MIDDLE, START, FakeProvider

HOST = "https://bills.example"


class Fake(FakeProvider):
    kind: ClassVar[str] = "focus"
    half: ClassVar[bytes] = b"ChargePeriodStart,BillingCurrency,ServiceName,BilledCost\r\n2026-11-02,USD,Ver"

    def __init__(self) -> None:
        super().__init__()
        self.packed = False
        self.signed = False
        """Whether a signature in the address opens the file, in place of the token."""

    @property
    def settings(self) -> dict[str, Any]:
        if self.signed:
            return {"addresses": f"{HOST}/exports/bill.csv?X-Amz-Expires=600&X-Amz-Signature={self.key}"}
        return {"addresses": f"{HOST}/exports/bill.csv", "token": self.key}

    def authorised(self, request: httpx.Request) -> bool:
        if self.signed:
            assert "authorization" not in request.headers
            return str(request.url.params.get("X-Amz-Signature")) == self.key
        return str(request.headers.get("authorization")) == f"Bearer {self.key}"

    def refusal(self, status: int) -> httpx.Response:
        body = f"<Error><Code>AccessDenied</Code><SignatureProvided>{self.key}</SignatureProvided></Error>"
        return httpx.Response(status, text=body)

    def plant(self) -> None:
        times = (START, START + timedelta(hours=5), MIDDLE, *(MIDDLE + timedelta(hours=h) for h in (1, 2, 3)), END)
        for number, at in enumerate(times, start=1):
            self.rows.append(charge(at, SkuMeter=f"Gemini 2.5 Flash Text Input {number}"))
        self.rows.append(charge(START, ServiceName="Compute Engine", ServiceCategory="Compute"))

    def correct(self) -> None:
        self.rows[1]["BilledCost"] = "9.99"

    def spoilt(self, answer: httpx.Response) -> httpx.Response:
        first, *rest = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
        return httpx.Response(200, content=table([{**first, "BilledCost": "unreadable"}, *rest]))

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/exports/bill.csv":
            return httpx.Response(404, text="<Error><Code>NoSuchKey</Code></Error>")
        content = table(self.rows)
        return httpx.Response(200, content=gzip.compress(content) if self.packed else content)


def table(rows: list[dict[str, str]]) -> bytes:
    columns = list(dict.fromkeys(name for row in (charge(START), *rows) for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def charge(at: datetime, **changed: str) -> dict[str, str]:
    return {
        "BilledCost": "1.10",
        "EffectiveCost": "1.05",
        "BillingAccountId": "010101-F0FFF0-61C528",
        "BillingCurrency": "USD",
        "ChargeCategory": "Usage",
        "ChargeDescription": "Gemini, by the token",
        "ChargePeriodStart": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ChargePeriodEnd": (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ProviderName": "Google Cloud",
        "ServiceName": "Vertex AI",
        "ServiceCategory": "AI and Machine Learning",
        "SkuMeter": "Gemini 2.5 Flash Text Input",
        "SubAccountId": "support-bot-81",
        "SubAccountName": "",
        "Tags": '{"team": "support, one"}',
        **changed,
    }
