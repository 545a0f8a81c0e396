"""What counts as one source of datagrams, where each has its share of something.

A bound for each peer would be none if a peer could have as many addresses as it likes. So what is
counted, unproven answers (`device/machine/budget.py`), handshakes and pairing attempts, is counted
by source. That is an address of IPv4; of IPv6 it is the network that one customer of a provider
gets.
"""

import ipaddress
from collections.abc import Hashable
from functools import lru_cache

from onboardee.wire.path import Path


def source_of(path: Path) -> Hashable:
    """Return the same for all peers that one host can pretend to be.

    Elsewhere whoever has an IPv6 address has a /64 of them. On the link all hosts share such a
    network, and each address counts.
    """
    return (path.peer_host, path.interface) if path.on_link else network_of(path.peer_host)


@lru_cache(1024)
def network_of(host: str) -> str:
    """Return the /64 of an IPv6 address, and an IPv4 address itself.

    >>> network_of("2001:db8::1:2"), network_of("192.0.2.7")
    ('2001:db8::/64', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
