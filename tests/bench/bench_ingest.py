"""Measures the door: spans a second from HTTP request to committed row, sent from a process of its own.

    python -m tests.bench.bench_ingest http://127.0.0.1:8000/v1/traces TOKEN --seconds 15

A 200 answer is given only after the commit, so the spans of answered requests are rows that can be queried.
"""

import argparse
import multiprocessing
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

BATCH = 500
IN_FLIGHT = 2
BODIES_A_SECOND = 25
WORDS = "the order left our warehouse yesterday and should arrive within two working days, the link to follow it is in the mail "


@dataclass(frozen=True)
class Measured:
    """What was sent and taken. `slowest` and `typical` are seconds a request took: the 95th percentile and the median."""

    spans: int
    seconds: float
    typical: float
    slowest: float

    @property
    def spans_a_second(self) -> float:
        return self.spans / self.seconds


def body(number: int, at: float) -> bytes:
    """A request of 500 model calls that nobody has sent before, a dozen attributes and about 1 KB of text each."""
    noise = random.Random(f"{at}/{number}")
    request = ExportTraceServiceRequest()
    holder = request.resource_spans.add()
    holder.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value="bench")))
    spans = holder.scope_spans.add().spans
    for position in range(BATCH):
        start = int((at - 3600 * noise.random()) * 10**9)
        texts = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4.1",
            "gen_ai.response.model": "gpt-4.1-2025-04-14",
            "gen_ai.conversation.id": f"conversation-{noise.getrandbits(16)}",
            "user.id": f"user-{noise.getrandbits(10)}",
            "gen_ai.prompt.version": "v3",
            "input.value": f"{position} {WORDS * 4}",
            "output.value": f"{position} {WORDS * 4}",
        }
        numbers = {
            "gen_ai.usage.input_tokens": noise.randint(100, 3000),
            "gen_ai.usage.output_tokens": noise.randint(10, 400),
        }
        span = spans.add(
            trace_id=noise.randbytes(16),
            span_id=noise.randbytes(8),
            name="chat gpt-4.1",
            start_time_unix_nano=start,
            end_time_unix_nano=start + noise.randint(200, 4000) * 10**6,
        )
        span.attributes.extend(KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in texts.items())
        span.attributes.extend(KeyValue(key=key, value=AnyValue(int_value=value)) for key, value in numbers.items())
        span.attributes.append(KeyValue(key="gen_ai.request.temperature", value=AnyValue(double_value=0.2)))
    return request.SerializeToString()


def measure(endpoint: str, token: str, seconds: float = 15) -> Measured:
    """Sends from a second process for about `seconds`, after a warm-up, and says what was taken. Raises if a request is refused."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(send_for, (endpoint, token, seconds))


def send_for(endpoint: str, token: str, seconds: float) -> Measured:
    """The sender's process: bodies are made first, so that the clock sees only the door."""
    at = time.time()
    bodies = iter([body(number, at) for number in range(int(BODIES_A_SECOND * seconds) + IN_FLIGHT)])
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-protobuf"}
    took: list[float] = []
    with httpx.Client(timeout=60, trust_env=False, headers=headers) as client, ThreadPoolExecutor(IN_FLIGHT) as senders:
        for _ in range(IN_FLIGHT):
            client.post(endpoint, content=next(bodies)).raise_for_status()
        began = time.perf_counter()

        def send(until: float) -> None:
            while time.perf_counter() < until and (content := next(bodies, None)) is not None:
                started = time.perf_counter()
                answer = client.post(endpoint, content=content)
                if answer.status_code == 429:
                    time.sleep(float(answer.headers.get("Retry-After", "1")))
                    continue
                if answer.status_code != 200 or answer.content:
                    raise RuntimeError(f"The door did not take a batch whole: status {answer.status_code}")
                took.append(time.perf_counter() - started)

        for sender in [senders.submit(send, began + seconds) for _ in range(IN_FLIGHT)]:
            sender.result()
        lasted = time.perf_counter() - began
    took.sort()
    return Measured(BATCH * len(took), lasted, took[len(took) // 2], took[int(0.95 * len(took))])


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure spans a second, from request to committed row.")
    parser.add_argument("endpoint")
    parser.add_argument("token")
    parser.add_argument("--seconds", type=float, default=15)
    given = parser.parse_args()
    result = measure(given.endpoint, given.token, given.seconds)
    print(f"{result.spans_a_second:,.0f} spans/s ({result.spans:,} spans in {result.seconds:.1f} s), "
          f"a request of {BATCH}: {result.typical * 1000:.0f} ms typical, {result.slowest * 1000:.0f} ms at p95")  # fmt: skip


if __name__ == "__main__":
    main()
