"""A UDP socket that knows on which of its addresses a datagram arrived, and answers from there.

A device listens at a wildcard address, and a machine has many. A peer takes an answer only from the
address that it has asked (RFC 7252 5.3.2). asyncio's transports know nothing of that, which is why
there is a socket here (`wire/packet_info.py`).
"""

import ipaddress
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from onboardee.device.net.on_link import LINKS
from onboardee.wire import packet_info
from onboardee.wire.path import Outgoing, Path, is_link_local

DATAGRAM_SIZE: Final = 65535
"""Octets: more than UDP carries, so that nothing is cut off."""
MAX_PER_WAKE: Final = 64
"""Datagrams read before others get their turn."""

_WILDCARDS: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to
"""The addresses that stand for all of the machine's."""
_LOOPBACK: Final = "127.0.0.1"
_IP_MULTICAST_ALL: Final = 49
_IPV6_MULTICAST_ALL: Final = 29
_IP_FREEBIND: Final = 15
_IPV6_FREEBIND: Final = 78
"""Linux's numbers, which Python does not name (ip(7), ipv6(7))."""

Deliver = Callable[[bytes, Path], None]
"""Takes a datagram and the way that it came."""


class UdpSocket:
    """One bound, non-blocking socket; IPv6 sockets carry no IPv4."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        secured: bool = False,
        shared: bool = False,
        any_source: bool = False,
    ) -> None:
        """Bind. `shared` lets others bind the same port, `any_source` sends from any address.

        Raises `OSError`.
        """
        self._take(_bound(host, port, shared=shared, any_source=any_source), secured=secured)

    @classmethod
    def of_several(cls, host: str, port: int, *, secured: bool) -> "UdpSocket":
        """Bind one of several at a port, of which each gets its part (`steering`).

        Raises `OSError`.
        """
        opened = _bound(host, port, shared=not secured, any_source=True, of_several=True)
        return cls.over(opened, secured=secured)

    @classmethod
    def over(cls, opened: socket.socket, *, secured: bool) -> "UdpSocket":
        """Take a socket that is bound, by another process perhaps, and configured as these are."""
        self = cls.__new__(cls)
        self._take(opened, secured=secured)
        return self

    def handed_on(self) -> socket.socket:
        """Return what another process can make one of these `over`."""
        return self._socket

    def _take(self, opened: socket.socket, *, secured: bool) -> None:
        opened.setblocking(False)
        self._socket = opened
        self.family = opened.family
        self.secured = secured
        self.host, self.port = opened.getsockname()[:2]
        self._knows_address = self.host in _WILDCARDS
        self._is_group = _is_group(self.host)
        self._path: tuple[Any, Path | None] | None = None

    def fileno(self) -> int:
        """Return the file descriptor, for the event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def option(self, level: int, name: int, value: bytes) -> None:
        """Set a socket option. Raises `OSError`."""
        self._socket.setsockopt(level, name, value)

    def drain(self, deliver: Deliver) -> None:
        """Hand over what has arrived, a bounded number of datagrams at a time."""
        for _ in range(MAX_PER_WAKE):
            try:
                data, ancillary, _, peer = self._socket.recvmsg(DATAGRAM_SIZE, packet_info.SIZE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP error of an earlier answer: the peer is gone, others are not
            path = self._path_of(peer, ancillary)
            if path is not None:
                deliver(data, path)

    def send(self, outgoing: Outgoing) -> None:
        """Send, from the address that was asked. A datagram that cannot be sent is lost."""
        path = outgoing.path
        peer = _sockaddr(path.peer_host, path.peer_port, path.interface)
        try:
            if self._knows_address:
                leaving = packet_info.source(path.local_host, path.interface)
                self._socket.sendmsg([outgoing.datagram], [leaving], 0, peer)
            else:
                self._socket.sendto(outgoing.datagram, peer)
        except OSError:
            return

    def _path_of(self, peer: Any, ancillary: list[tuple[int, int, bytes]]) -> Path | None:
        """Return the way of a datagram; None for one to a group, which is another socket's."""
        # consecutive datagrams mostly come the same way
        key = (peer, ancillary)
        if self._path is not None and self._path[0] == key:
            return self._path[1]
        local, interface = packet_info.destination(ancillary) or (self.host, 0)
        if _is_group(local) and not self._is_group:
            self._path = (key, None)
            return None
        # over loopback, who has no other address asks a group from none: the kernel lets none in
        peer_host = _LOOPBACK if peer[0] in _WILDCARDS else peer[0]
        path = Path(
            local_host=local,
            local_port=self.port,
            peer_host=peer_host,
            peer_port=peer[1],
            interface=interface,
            secured=self.secured,
            on_link=LINKS.has(peer_host, interface),
            # a datagram to an address of a prefix that is routed here comes from that very address
            on_machine=peer_host == local or LINKS.is_ours(peer_host),
        )
        self._path = (key, path)
        return path


def _bound(
    host: str, port: int, *, shared: bool, any_source: bool, of_several: bool = False
) -> socket.socket:
    """Return a socket that says where datagrams arrive, and keeps the two families apart."""
    opened = socket.socket(_family(host), socket.SOCK_DGRAM)
    try:
        if any_source:
            _allow_any_source(opened)
        _leave_groups_to_others(opened)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if of_several:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        packet_info.ask_for(opened)
        opened.bind(_sockaddr(host, port, 0))
    except OSError:
        opened.close()
        raise
    return opened


def _leave_groups_to_others(opened: socket.socket) -> None:
    """Take no datagram of a group that another socket of this machine has joined.

    A socket bound to a wildcard gets them else. Where the kernel cannot be told, `_path_of` passes
    over them.
    """
    level, option = socket.IPPROTO_IP, _IP_MULTICAST_ALL
    if opened.family == socket.AF_INET6:
        level, option = socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL
    if sys.platform == "linux":
        with suppress(OSError):  # IPv6 has it since Linux 4.20
            opened.setsockopt(level, option, 0)


def _allow_any_source(opened: socket.socket) -> None:
    """Send from addresses that no interface has, as those of a prefix that is routed here."""
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IP, _IP_FREEBIND, 1)


def _sockaddr(host: str, port: int, interface: int) -> Any:
    """Return an address as the socket takes it; link-local ones need their interface as scope."""
    if ":" not in host:
        return (host, port)
    bare, _, zone = host.partition("%")
    scope = interface
    if zone:
        scope = int(zone) if zone.isdigit() else socket.if_nametoindex(zone)
    return (bare, port, 0, scope if _needs_scope(bare) else 0)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_group(host: str) -> bool:
    """Tell whether an address is a multicast group's (RFC 5771, RFC 4291 2.7)."""
    try:
        return ipaddress.ip_address(host).is_multicast
    except ValueError:
        return False  # a name


def _needs_scope(host: str) -> bool:
    return is_link_local(host) or host.lower().startswith("ff02")
