"""Fetches pictures by the addresses in answers, others' words: nothing private and nothing endless."""

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """media_type: as the host declares it, often wrong; bytes: how many were written."""

    media_type: str
    bytes: int


def fetch(
    url: str,
    *,
    sink: BinaryIO,
    base: str,
    allow_hosts: frozenset[str] = frozenset(),
    seconds: float = 60,
    most_bytes: int = 100 * 10**6,
) -> Fetched:
    """Write what is at `url` to `sink`. No key is ever sent along.

    https to public addresses only, at most 3 redirects, each checked like the first. base, the provider's own
    address (its host and port), and allow_hosts ("host" or "host:port"), the operator's word, may also be
    private and plain http. seconds: for all of it. Raises Fault: forbidden where the address is not allowed.
    """
    raise NotImplementedError
