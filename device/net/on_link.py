"""Which addresses are this machine's, on a link of it, or behind a router.

It decides how much a peer without DTLS may be sent before it has proven its address
(`device/machine/budget.py`). A source address can be forged from anywhere; but a router does not
let in, from elsewhere, what claims to come from the network behind it, and whoever is on the link
could flood its neighbours without a device's help. What is sent to an address of this machine
itself leaves by no interface, so that nobody is flooded, whoever asked in that name.
"""

import ipaddress
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ifaddr

REFRESH_SECONDS: Final = 5.0
"""How old the list of networks may be: interfaces come and go."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _adapters() -> "Iterable[ifaddr.Adapter]":
    # it brings ctypes, which a device that only this machine reaches does without
    import ifaddr  # noqa: PLC0415

    return ifaddr.get_adapters()


class Links:
    """The networks of this machine's interfaces, looked up again every few seconds."""

    def __init__(
        self,
        adapters: "Callable[[], Iterable[ifaddr.Adapter]]" = _adapters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._adapters = adapters
        self._clock = clock
        self._looked_at = float("-inf")
        self._networks: dict[int | None, list[Network]] = {}
        self._own: set[Address] = set()

    def has(self, host: str, interface: int) -> bool:
        """Tell whether a peer that was heard on an interface (0: not known) is on its link.

        So are link-local and loopback addresses and our own ones, which no router lets in from
        elsewhere.
        """
        address = _read(host)
        if address is None:
            return False
        if address.is_link_local or self._has_own(address):
            return True
        networks = self._networks.get(interface, []) if interface else self._all()
        return any(address in network for network in networks)

    def is_ours(self, host: str) -> bool:
        """Tell whether an address is one of this machine's, loopback included."""
        address = _read(host)
        return address is not None and self._has_own(address)

    def _has_own(self, address: Address) -> bool:
        if address.is_loopback:
            return True
        self._refresh()
        return address in self._own

    def _all(self) -> list[Network]:
        return [network for networks in self._networks.values() for network in networks]

    def _refresh(self) -> None:
        """Look at the interfaces again, unless that was done a moment ago: it takes long."""
        now = self._clock()
        if now < self._looked_at + REFRESH_SECONDS:
            return
        self._looked_at = now
        self._networks.clear()
        self._own.clear()
        for adapter in self._adapters():
            for ip in adapter.ips:
                host = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
                network = ipaddress.ip_network((host, ip.network_prefix), strict=False)
                self._networks.setdefault(adapter.index, []).append(network)
                self._own.add(ipaddress.ip_address(host))


def _read(host: str) -> Address | None:
    """Return an address without its zone; None for what is none."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


LINKS: Final = Links()
"""Those of this machine."""
