"""Where a request comes from, behind trusted proxies, for the limits on attempts. Never written down anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = "unknown"
"""The origin of requests that come without an address, e.g. over a Unix socket."""


def find_origin(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The address that limits count: an IPv4 address, or the /64 network of an IPv6 one.

    ``forwarded`` are the values of the ``X-Forwarded-For`` headers in their order. They are read from the right, each
    entry believed only because a trusted proxy wrote it; whoever wrote the first one that is no trusted proxy is the
    client. If an entry that has to be read is not an address, none is believed and the peer counts.
    """
    client = _parse(peer)
    if client is None:
        return UNKNOWN
    hop = client
    entries = [entry for value in forwarded for entry in value.split(",")]
    while entries and is_trusted(hop, trusted):
        said = _parse(entries.pop())
        if said is None:
            hop = client
            break
        hop = said
    return _group(hop)


def is_trusted(address: Address | str, trusted: Sequence[Network]) -> bool:
    """Whether an address is one of our proxies."""
    if not trusted:
        return False
    parsed = _parse(address) if isinstance(address, str) else address
    return parsed is not None and any(parsed in network for network in trusted)


def _parse(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]  # [2001:db8::1]:4711
    elif text.count(":") == 1:
        text = text.partition(":")[0]  # 192.0.2.1:4711
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _group(address: Address) -> str:
    if isinstance(address, IPv4Address):
        return str(address)
    return str(ip_network((address, 64), strict=False))
