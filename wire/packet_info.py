"""To which of this machine's addresses a datagram came, and from which of them one leaves.

A socket at a wildcard address has all addresses of a machine. Its peers know one: an answer from
another one is no answer (RFC 7252 5.3.2), and no proof that the peer was reached at the one that a
ping was sent to. So the kernel is asked for the destination of each datagram (IP_PKTINFO,
IPV6_RECVPKTINFO: ip(7), ipv6(7)), and told the source of each answer. Both ends of a conversation
need that, and asyncio's transports can do neither.
"""

import socket
import struct
from collections.abc import Iterable
from typing import Final, TypeAlias

SIZE: Final = 64
"""Octets of room for what the kernel tells beside a datagram."""

_INFO4: Final = struct.Struct("=i4s4s")  # struct in_pktinfo: interface, source, destination
_INFO6: Final = struct.Struct("=16si")  # struct in6_pktinfo: address, interface
_IP_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)

Control: TypeAlias = tuple[int, int, bytes]
"""A control message of `recvmsg` and `sendmsg`: level, kind, data."""


def ask_for(opened: socket.socket) -> None:
    """Have the kernel tell the destination of each datagram. Raises OSError."""
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)


def destination(told: Iterable[Control]) -> tuple[str, int] | None:
    """Return the address that a datagram was sent to and the interface that it came over.

    None if the kernel does not tell. The interface is the kernel's number of it.
    """
    for level, kind, data in told:
        if (level, kind) == (socket.IPPROTO_IP, _IP_PKTINFO):
            interface, _, address = _INFO4.unpack_from(data)
            return socket.inet_ntop(socket.AF_INET, address), interface
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO):
            address, interface = _INFO6.unpack_from(data)
            return socket.inet_ntop(socket.AF_INET6, address), interface
    return None


def source(host: str, interface: int) -> Control:
    """Return what makes a datagram leave from an address of ours, by an interface (0: any)."""
    if ":" in host:
        packed = _INFO6.pack(socket.inet_pton(socket.AF_INET6, host), interface)
        return socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed
    packed = _INFO4.pack(interface, socket.inet_pton(socket.AF_INET, host), bytes(4))
    return socket.IPPROTO_IP, _IP_PKTINFO, packed
