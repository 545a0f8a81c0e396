"""The network interfaces of this machine, as far as multicast and start-up lines need them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from onboardee.wire.path import Endpoint

ALL_HOSTS: Final = ("0.0.0.0", "::")  # noqa: S104 - a device is there to be found
"""The addresses that stand for all of the machine's."""


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface with its addresses."""

    name: str
    index: int
    """The kernel's number of it, which sockets take."""
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine is behind it."""
        return any(host.startswith("127.") for host in self.ipv4) or self.ipv6 == ("::1",)


def interfaces() -> frozenset[Interface]:
    """Return the interfaces that have addresses now."""
    # it brings ctypes, which a device with given addresses does without
    import ifaddr  # noqa: PLC0415

    return frozenset(
        Interface(
            name=adapter.name,
            index=adapter.index,
            ipv4=tuple(str(ip.ip) for ip in adapter.ips if ip.is_IPv4),
            ipv6=tuple(ip.ip[0] for ip in adapter.ips if ip.is_IPv6),
        )
        for adapter in ifaddr.get_adapters()
        if adapter.index is not None and adapter.ips
    )


def reachable(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """List where endpoints can be reached, with addresses in place of wildcards."""
    endpoints = list(endpoints)
    known: list[Interface] = []
    if any(endpoint.host in ALL_HOSTS for endpoint in endpoints):
        known = sorted(interfaces(), key=lambda interface: (interface.is_loopback, interface.name))
    found: list[Endpoint] = []
    for endpoint in endpoints:
        if endpoint.host not in ALL_HOSTS:
            found.append(endpoint)
            continue
        for interface in known:
            hosts = interface.ipv6 if endpoint.is_ipv6 else interface.ipv4
            found += [Endpoint(endpoint.scheme, host, endpoint.port) for host in hosts]
    return found
