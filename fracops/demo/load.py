"""Sends OTLP requests to a running server, as an exporter would: protobuf, gzipped, tried again when the server is busy."""

import gzip
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

IN_FLIGHT = 3
TRIES = 8
_BUSY = (429, 502, 503, 504)
_LONGEST_WAIT = 30.0


class NotTaken(Exception):  # noqa: N818
    """The server refused a request, took a part of it only, or could not be reached; the message says which."""


def send(
    endpoint: str,
    token: str,
    batches: Iterable[ExportTraceServiceRequest],
    progress: Callable[[int], None] = lambda spans: None,
) -> int:
    """Sends every batch to `endpoint` (the whole address, ending in ``/v1/traces``) and returns how many spans were taken.

    `progress` is called with the spans of each request once it is answered, from the caller's thread. Batches are drawn only as
    fast as they leave. Raises NotTaken at the first request that is not wholly taken; sending all again is safe.
    """
    taken = 0
    # Trust of the environment's proxies would send a local demo's data out of the house.
    with httpx.Client(timeout=60, trust_env=False) as client, ThreadPoolExecutor(IN_FLIGHT) as senders:
        under_way: set[Future[int]] = set()

        def settle(until: int) -> None:
            nonlocal taken, under_way
            while len(under_way) > until:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    taken += future.result()
                    progress(future.result())

        for batch in batches:
            under_way.add(senders.submit(_post, client, endpoint, token, batch))
            settle(IN_FLIGHT - 1)
        settle(0)
    return taken


def push(endpoint: str, token: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """Sends rows as JSON to `endpoint` (ending in ``/v1/outcomes``); returns how many were stored. Raises NotTaken unless all are taken."""
    with httpx.Client(timeout=60, trust_env=False) as client:
        answer = client.post(endpoint, json=list(rows), headers={"Authorization": f"Bearer {token}"})
    if answer.status_code != 200 or answer.json()["refused"]:
        raise NotTaken(f"{endpoint} did not take all rows: {answer.text[:300]}")
    return int(answer.json()["stored"])


def _post(client: httpx.Client, endpoint: str, token: str, batch: ExportTraceServiceRequest) -> int:
    body = gzip.compress(batch.SerializeToString(), compresslevel=1)
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "gzip",
    }
    problem = "no answer"
    for attempt in range(TRIES):
        wait_for = min(2.0**attempt / 4, _LONGEST_WAIT)
        try:
            answer = client.post(endpoint, content=body, headers=headers)
        except httpx.TransportError as error:
            problem = f"{type(error).__name__}: {error}"
        else:
            if answer.status_code == 200:
                return _taken(batch, answer.content)
            problem = f"status {answer.status_code}"
            if answer.status_code not in _BUSY:
                break
            asked = answer.headers.get("Retry-After", "")
            wait_for = min(float(asked), _LONGEST_WAIT) if asked.isdecimal() else wait_for
        if attempt < TRIES - 1:
            time.sleep(wait_for)
    raise NotTaken(f"{endpoint} did not take a batch: {problem}")


def _taken(batch: ExportTraceServiceRequest, answer: bytes) -> int:
    partial = ExportTraceServiceResponse.FromString(answer).partial_success
    if partial.rejected_spans or partial.error_message:
        raise NotTaken(f"the server rejected {partial.rejected_spans} spans: {partial.error_message}")
    return sum(len(scope.spans) for resource in batch.resource_spans for scope in resource.scope_spans)
