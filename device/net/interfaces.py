"""The network interfaces of this machine, as far as multicast and start-up lines need them."""

from dataclasses import dataclass

import ifaddr


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface with its addresses."""

    name: str
    index: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]

    @property
    def is_loopback(self) -> bool:
        """Tell whether only this machine is behind it."""
        return any(host.startswith("127.") for host in self.ipv4) or self.ipv6 == ("::1",)


def interfaces() -> frozenset[Interface]:
    """Return the interfaces that have addresses now."""
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
