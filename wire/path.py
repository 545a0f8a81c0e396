"""The way of a datagram: from which peer address to which of our own."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Path:
    """Both ends of a UDP exchange, as the receiving socket saw them.

    `local_host` is always a unicast address: for a datagram sent to a group (`multicast`) it is the
    address that the answer will leave from. `interface` is the kernel's index of the network
    interface (0: not known), part of the identity of an IPv6 link-local peer. `secured` tells
    whether the datagram belongs to the DTLS port.
    """

    local_host: str
    local_port: int
    peer_host: str
    peer_port: int
    interface: int = 0
    secured: bool = False
    multicast: bool = False
    on_link: bool = field(default=False, compare=False)
    """The peer's address is one of a network to which one of our interfaces belongs."""
    on_machine: bool = field(default=False, compare=False)
    """The peer's address is this machine's: what is sent there leaves by no interface."""

    def __hash__(self) -> int:
        # what tells one peer from another, for the most part; equality has the rest
        return hash((self.peer_host, self.peer_port))

    @property
    def is_ipv6(self) -> bool:
        """Tell the address family of the exchange."""
        return ":" in self.peer_host

    def answered_from(self, host: str, port: int) -> "Path":
        """Return the way on which a datagram to a group is answered from a unicast address."""
        return replace(self, local_host=host, local_port=port, multicast=True)

    def __str__(self) -> str:
        return f"{bracketed(self.peer_host)}:{self.peer_port}"


def bracketed(host: str) -> str:
    """Write an address as it stands in a URI (RFC 3986 3.2.2), without an interface's name."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def is_link_local(host: str) -> bool:
    """Tell whether an address says nothing without the interface that it is on (RFC 4291 2.5.6)."""
    return host[:3].lower() in {"fe8", "fe9", "fea", "feb"}


class Outgoing(NamedTuple):
    """A datagram to be sent back along `path`."""

    datagram: bytes
    path: Path


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One of our own bound sockets, as announced to clients."""

    scheme: str
    host: str
    port: int
    is_advertised: bool = False
    """It is not the socket's own place but where others reach it, as behind a published port."""

    @property
    def is_ipv6(self) -> bool:
        """Tell the address family of the socket."""
        return ":" in self.host

    @property
    def is_name(self) -> bool:
        """Tell whether the host is a name, which may stand for addresses of both families."""
        return not self.is_ipv6 and not self.host.replace(".", "").isdigit()

    def __str__(self) -> str:
        return f"{self.scheme}://{bracketed(self.host)}:{self.port}"
