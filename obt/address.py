"""Where a device is reached."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from onboardee.wire.path import Path, bracketed


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric host and a UDP port; `interface` is needed for IPv6 link-local hosts only."""

    host: str
    port: int
    interface: int = 0

    def __post_init__(self) -> None:
        """Refuse names: looking them up is not done here. Raises `ValueError`."""
        ip_address(self.host)

    @classmethod
    def of_peer(cls, path: Path) -> "Address":
        """Return the address of the other end of `path`."""
        host = path.peer_host.partition("%")[0]
        return cls(host, path.peer_port, path.interface if ip_address(host).is_link_local else 0)

    @classmethod
    def from_uri(cls, uri: str, scheme: str, *, interface: int = 0) -> "Address | None":
        """Read an endpoint such as `coaps://[fe80::1]:5684`; None if it is none of `scheme`."""
        try:
            parts = urlsplit(uri)
            if parts.scheme != scheme or parts.hostname is None or parts.port is None:
                return None
            host = parts.hostname.partition("%")[0]
            return cls(host, parts.port, interface if ip_address(host).is_link_local else 0)
        except ValueError:
            return None

    @property
    def is_ipv6(self) -> bool:
        """Tell the address family."""
        return ":" in self.host

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"
