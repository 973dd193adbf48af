"""How many requests pass: sliding windows counted in Redis, so that all processes share them."""

import math
import time
from functools import lru_cache

import structlog
from django.conf import settings
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


@lru_cache(maxsize=8)
def _limiter(url: str) -> SlidingWindowCounterRateLimiter:
    # limits spells a socket's address differently from redis-py.
    address = "redis+" + url if url.startswith("unix://") else url
    return SlidingWindowCounterRateLimiter(storage_from_string(address, wrap_exceptions=True))


@lru_cache(maxsize=8)
def _rate(written: str) -> RateLimitItem:
    return parse(written)
