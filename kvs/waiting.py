"""How much waits for somebody: the figures beside entries of the navigation.

They stand on every page of the office, where counting them took a fifth of the time of the page, so they are kept for a
minute. Whoever sends something counts anew: what she did herself shows at once, what others did within that minute.
"""

from collections.abc import Collection
from contextlib import suppress

from django.core.cache import cache
from django.utils.module_loading import import_string
from redis.exceptions import RedisError

from kvs.models import User

KEPT_SECONDS = 60


def figures(user: User, counters: Collection[str]) -> dict[str, int]:
    """What each of `counters`, dotted names of functions of a user, answers for `user`; at most a minute old."""
    if not counters:
        return {}
    kept: dict[str, int] | None = None
    with suppress(RedisError):  # no page needs the cache to be there
        kept = cache.get(_key(user))
    if kept is not None and kept.keys() == set(counters):
        return kept
    found = {name: import_string(name)(user) for name in counters}
    with suppress(RedisError):
        cache.set(_key(user), found, KEPT_SECONDS)
    return found


def count_anew(user: User) -> None:
    """The next page of `user` counts again."""
    with suppress(RedisError):
        cache.delete(_key(user))


def _key(user: User) -> str:
    return f"waiting:{user.pk}"
