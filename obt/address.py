"""Where a device is reached: a numeric host and a UDP port.

Names are refused. To look one up would tell somebody's resolver which devices there are, and an
answer of it would decide whom a key is sent to; people give addresses, devices tell numeric ones. A
link-local IPv6 host says nothing without the interface that it is on, so that is part of an
address, by number, as sockets take it. Ports change when a device restarts, interfaces when a
machine does: the provisioning database keeps several addresses, and none is more than a hint.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from onboardee.wire.path import Path, bracketed


@lru_cache(1024)
def is_link_local(host: str) -> bool:
    """Tell whether a host says nothing without an interface. Raises `ValueError` for names.

    It is asked for each datagram, and a tool hears the same hosts again and again.
    """
    return ip_address(host).is_link_local


def place_of_peer(path: Path) -> tuple[str, int, int]:
    """Return host, port and interface of the other end of `path`, as an `Address` has them."""
    host = path.peer_host.partition("%")[0]
    return host, path.peer_port, path.interface if is_link_local(host) else 0


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric host and a UDP port; `interface` is needed for IPv6 link-local hosts only.

    Two are equal when all three are, so the same device on two interfaces has two addresses.
    """

    host: str
    """A numeric address, IPv6 without brackets and without a zone."""
    port: int
    interface: int = 0
    """The kernel's number of the interface that a link-local host is on; 0 for any other host."""

    def __post_init__(self) -> None:
        """Refuse names: looking them up is not done here. Raises `ValueError`."""
        is_link_local(self.host)

    @classmethod
    def of_peer(cls, path: Path) -> "Address":
        """Return the address of the other end of `path`."""
        return cls(*place_of_peer(path))

    @classmethod
    def from_uri(cls, uri: str, scheme: str, *, interface: int = 0) -> "Address | None":
        """Read an endpoint such as `coaps://[fe80::1]:5684`; None if it is none of `scheme`."""
        try:
            parts = urlsplit(uri)
            if parts.scheme != scheme or parts.hostname is None or parts.port is None:
                return None
            host = parts.hostname.partition("%")[0]
            return cls(host, parts.port, interface if is_link_local(host) else 0)
        except ValueError:
            return None

    @property
    def is_ipv6(self) -> bool:
        """Tell the address family."""
        return ":" in self.host

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"
