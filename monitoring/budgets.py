"""What one credential may ask of its provider, shared by all workers that hold it."""

import math
import time
from dataclasses import dataclass

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from clients.ratelimit import seconds_to_wait


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
