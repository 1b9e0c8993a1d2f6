"""How much one network address may send to a door: enough for any school, never a flood (decisions.md 17).

Counted in one step of the cache. allauth's counter takes a lock for a second at most and refuses who does not get it: of
thirty classmates who entered at the same moment one was told to wait (docs/decisions 60). What is guessed is counted by
allauth, per account, number, card or phone: there nobody else waits for the lock.
"""

import time

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import get_ip
from django.core.cache import cache
from django.http import HttpRequest

ATTEMPTS_A_MINUTE = 600  # minutes of the clock


def flooded(request: HttpRequest, door: str) -> bool:
    """Count this request at `door`; whether its address sent more there in this minute than any school can type."""
    key = f"flood:{door}:{get_ip(request)}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    return bool(cache.incr(key) > ATTEMPTS_A_MINUTE)


def guess(request: HttpRequest, action: str, key: str) -> ratelimit.RateLimitUsage | None:
    """One attempt at a secret, counted under `key` by the limits of `action` (ACCOUNT_RATE_LIMITS); None when there were too
    many. To be given back (`rollback`) when it was right.
    """
    return ratelimit.consume(request, app="allauth.account", action=action, key=key)
