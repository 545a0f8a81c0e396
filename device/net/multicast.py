"""OCF's multicast groups: joined once per process and interface, offered to every device.

Clients find devices by sending `GET /oic/res` to 224.0.1.187, CoAP's group (RFC 7252 12.8), or to
OCF's own, ff0X::158. Each group has sockets of its own, bound to the group's address, so that
nothing sent to a unicast address ever lands here. Link-local groups need one socket for each
interface, as their address alone does not say on which link a datagram arrived.

Loopback has a group of its own for tools on this machine, which matters where there is no other
interface. It is CoAP's, by IPv4: the kernel sends no multicast of IPv6 there, unless it is told to.

Interfaces come and go: cables, Wi-Fi, VPNs. They are looked at every few seconds, because a device
that is not in the group on a new interface is simply not found there, and nobody would know why.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from onboardee.device.net.interfaces import Interface, interfaces
from onboardee.device.net.udp import UdpSocket
from onboardee.wire.path import Path

PORT: Final = 5683
"""That of coap, at which all members of a group listen (RFC 7252 12.6)."""
IPV4_GROUP: Final = "224.0.1.187"
"""All CoAP nodes, by IPv4 (RFC 7252 12.8)."""
LINK_LOCAL_GROUP: Final = "ff02::158"
"""All OCF devices of a link, by IPv6 (OCF Core 11.2)."""
WIDER_GROUPS: Final = ("ff03::158", "ff05::158")
"""The same for a realm and for a site."""
RECHECK_SECONDS: Final = 5.0
"""How often interfaces are looked at for changes."""

Deliver = Callable[[bytes, Path], None]
"""Takes a datagram and the way that it came."""
Report = Callable[["Membership"], None]
"""Is told which groups were joined, and which could not be."""


@dataclass(frozen=True, slots=True)
class Membership:
    """What is joined now, and what could not be: `group%interface`, with the reason."""

    joined: tuple[str, ...]
    failed: tuple[str, ...]
    is_for_others: bool
    """Whether others than this machine can reach a group that was joined."""


class MulticastReceiver:
    """All memberships of this process."""

    def __init__(self, deliver: Deliver, report: Report) -> None:
        self._deliver = deliver
        self._report = report
        self._sockets: dict[str, UdpSocket] = {}
        self._joined: dict[tuple[str, Interface], str | None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Join on every interface, and from now on whenever one appears."""
        self._check()

    def stop(self) -> None:
        """Leave all groups."""
        if self._timer is not None:
            self._timer.cancel()
        for name in list(self._sockets):
            self._close(name)

    def _check(self) -> None:
        """Bring the memberships up to date, and say so if anything changed."""
        wanted = {(group, interface) for interface in interfaces() for group in _groups(interface)}
        gone = self._joined.keys() - wanted
        for group, interface in gone:
            self._leave(group, interface)
        new = wanted - self._joined.keys()
        for group, interface in sorted(new, key=lambda pair: (pair[1].name, pair[0])):
            self._joined[group, interface] = self._join(group, interface)
        if gone or new or self._timer is None:
            self._report(self._membership())
        self._timer = asyncio.get_running_loop().call_later(RECHECK_SECONDS, self._check)

    def _membership(self) -> Membership:
        """Return what is joined and what is not, as people read it."""
        joined = [f"{group}%{on.name}" for (group, on), why in self._joined.items() if not why]
        failed = [f"{group}%{on.name}: {why}" for (group, on), why in self._joined.items() if why]
        is_for_others = any(not (why or on.is_loopback) for (_, on), why in self._joined.items())
        return Membership(tuple(joined), tuple(failed), is_for_others)

    def _join(self, group: str, interface: Interface) -> str | None:
        """Join, or return why that is not possible."""
        name = _socket_name(group, interface)
        try:
            if name not in self._sockets:
                self._open(name)
            self._sockets[name].option(*membership_option(group, interface, leave=False))
        except OSError as error:
            return error.strerror or str(error)
        return None

    def _leave(self, group: str, interface: Interface) -> None:
        """Leave; the kernel has done so already if the interface is gone."""
        del self._joined[group, interface]
        name = _socket_name(group, interface)
        if name not in self._sockets:
            return
        if name != group:
            self._close(name)
            return
        try:
            self._sockets[name].option(*membership_option(group, interface, leave=True))
        except OSError:
            return

    def _open(self, name: str) -> None:
        opened = UdpSocket(name, PORT, shared=True)
        self._sockets[name] = opened
        asyncio.get_running_loop().add_reader(opened, opened.drain, self._deliver)

    def _close(self, name: str) -> None:
        opened = self._sockets.pop(name)
        asyncio.get_running_loop().remove_reader(opened)
        opened.close()


def _groups(interface: Interface) -> list[str]:
    """Return the groups to join on an interface: those of the families that it has."""
    ipv4 = [IPV4_GROUP] if interface.ipv4 else []
    if interface.is_loopback:
        return ipv4
    ipv6 = [LINK_LOCAL_GROUP, *WIDER_GROUPS] if interface.ipv6 else []
    return ipv4 + ipv6


def _socket_name(group: str, interface: Interface) -> str:
    """Return the address to bind: of a link-local group with its interface, of others alone."""
    return f"{group}%{interface.index}" if group == LINK_LOCAL_GROUP else group


def membership_option(group: str, interface: Interface, *, leave: bool) -> tuple[int, int, bytes]:
    """Return level, name and value of the socket option: a `struct ipv6_mreq` or `ip_mreqn`."""
    if ":" in group:
        option = socket.IPV6_LEAVE_GROUP if leave else socket.IPV6_JOIN_GROUP
        packed = socket.inet_pton(socket.AF_INET6, group)
        return socket.IPPROTO_IPV6, option, packed + struct.pack("=I", interface.index)
    option = socket.IP_DROP_MEMBERSHIP if leave else socket.IP_ADD_MEMBERSHIP
    packed = socket.inet_pton(socket.AF_INET, group)
    return socket.IPPROTO_IP, option, packed + bytes(4) + struct.pack("=i", interface.index)
