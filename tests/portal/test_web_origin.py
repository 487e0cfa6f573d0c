"""Where a request comes from: whoever our own proxies say, and nobody else."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.web.origin import UNKNOWN, find_origin, is_trusted

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
STRANGER = "203.0.113.9"
PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "forwarded", "origin"),
    [
        # Nobody is believed who is no proxy of ours.
        (STRANGER, [], STRANGER),
        (STRANGER, ["198.51.100.1"], STRANGER),
        # The last proxy says who came to it; what stands before was written by that one.
        (PROXY, ["198.51.100.1"], "198.51.100.1"),
        (PROXY, ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        # A chain of proxies, in one header or in several.
        (PROXY, ["198.51.100.1, 10.0.0.2, 10.0.0.3"], "198.51.100.1"),
        (PROXY, ["192.0.2.66", "198.51.100.1", "10.0.0.2"], "198.51.100.1"),
        # Requests that begin at a proxy.
        (PROXY, [], PROXY),
        (PROXY, ["10.0.0.7, 10.0.0.2"], "10.0.0.7"),
        # What is no address is not believed, nor what stands before it.
        (PROXY, ["unknown"], PROXY),
        (PROXY, ["198.51.100.1, oops"], PROXY),
        (PROXY, ["198.51.100.1, "], PROXY),
        (PROXY, [""], PROXY),
        (PROXY, ["198.51.100.1, oops, 10.0.0.2"], PROXY),
        (PROXY, ["oops, 198.51.100.1"], "198.51.100.1"),
        # Other spellings.
        (PROXY, ["198.51.100.1:49152"], "198.51.100.1"),
        (PROXY, ["[2001:db8:1:2::5]:443"], "2001:db8:1:2::/64"),
        (PROXY, ["2001:db8:1:2:ffff::5"], "2001:db8:1:2::/64"),
        (PROXY, ["fe80::1%eth0"], "fe80::/64"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["198.51.100.1"], "198.51.100.1"),
        # A Unix socket.
        ("", ["198.51.100.1"], UNKNOWN),
    ],
)
def test_the_origin_is_who_our_proxies_say(peer: str, forwarded: list[str], origin: str) -> None:
    assert find_origin(peer, forwarded, PROXIES) == origin


def test_without_proxies_of_ours_the_header_means_nothing() -> None:
    assert find_origin(PROXY, ["198.51.100.1"], ()) == PROXY
    assert not is_trusted(PROXY, ())


@given(st.lists(st.text(max_size=60), max_size=5))
def test_a_stranger_is_counted_as_himself_whatever_he_writes(headers: list[str]) -> None:
    assert find_origin(STRANGER, headers, PROXIES) == STRANGER


@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=60), max_size=5), st.ip_addresses())
def test_whatever_stands_before_what_our_proxy_wrote_is_not_read(
    headers: list[str], client: IPv4Address | IPv6Address
) -> None:
    assume(not is_trusted(str(client), PROXIES))
    assert find_origin(PROXY, [*headers, str(client)], PROXIES) == find_origin(str(client), [], PROXIES)


@given(st.text(max_size=30), st.lists(st.text(max_size=60), max_size=5))
def test_the_answer_is_always_an_address_a_network_or_unknown(peer: str, headers: list[str]) -> None:
    origin = find_origin(peer, headers, (ip_network("0.0.0.0/0"), ip_network("::/0")))
    assert origin == UNKNOWN or ip_network(origin).prefixlen in {32, 64}


@given(st.ip_addresses(v=6), st.integers(min_value=0, max_value=2**64 - 1))
def test_neighbours_in_one_network_are_one_origin(address: IPv4Address | IPv6Address, host: int) -> None:
    neighbour = IPv6Address(int(address) >> 64 << 64 | host)
    assume(int(address) >> 64)  # in the first network of all lie the IPv4 addresses in IPv6 spelling
    assert find_origin(str(address), [], ()) == find_origin(str(neighbour), [], ())
