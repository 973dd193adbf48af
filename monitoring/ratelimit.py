"""How many requests pass: sliding windows counted in Redis, so that all processes share them. Those a source sends, and those we send."""

import math
import time
from dataclasses import dataclass
from functools import lru_cache

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

log = structlog.get_logger(__name__)


def seconds_to_wait(what: str, key: str, rate: str) -> int:
    """0 when one more request of this kind and key may go now (which is counted), else the whole seconds until it may.

    The rate is in the words of the limits package ("1200/minute"). When Redis does not answer, the request goes through: a limit
    is a courtesy, the data is the point.
    """
    limiter, parsed = _limiter(settings.REDIS_URL), _rate(rate)
    try:
        if limiter.hit(parsed, what, key):
            return 0
        return max(1, math.ceil(limiter.get_window_stats(parsed, what, key).reset_time - time.time()))
    except StorageError as error:
        log.warning("rate_limit_unavailable", error=type(error.storage_error).__name__)
        return 0


def digest_of(*credential: str) -> str:
    """What a credential's shared counts are kept under: never the credential, and nothing it could be guessed from."""
    return salted_hmac("fracops.budget", "\x1f".join(credential), algorithm="sha256").hexdigest()[:32]


@dataclass(frozen=True)
class Budget:
    """What one credential may ask of its provider, shared by all workers that hold it. `key` is a digest, never the credential.

    `rate` is the provider's own limit, less what others at the client's need of it; "" for none known.
    """

    key: str
    rate: str = ""

    def seconds_to_wait(self) -> int:
        """0 when a request may go now, which is counted, else how long the provider or the rate still says no."""
        if (held := cache.get(self._hold)) and (left := math.ceil(float(held) - time.time())) > 0:
            return left
        return seconds_to_wait("pull", self.key, self.rate) if self.rate else 0

    def hold(self, seconds: float) -> None:
        """Let no worker ask with this credential for so long: the provider said so to one of them."""
        cache.set(self._hold, time.time() + seconds, timeout=math.ceil(seconds))

    @property
    def _hold(self) -> str:
        return f"hold:{self.key}"


@lru_cache(maxsize=8)
def _limiter(url: str) -> SlidingWindowCounterRateLimiter:
    # limits spells a socket's address differently from redis-py.
    address = "redis+" + url if url.startswith("unix://") else url
    return SlidingWindowCounterRateLimiter(storage_from_string(address, wrap_exceptions=True))


@lru_cache(maxsize=8)
def _rate(written: str) -> RateLimitItem:
    return parse(written)
