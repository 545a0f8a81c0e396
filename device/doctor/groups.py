"""Multicast: who has joined OCF's groups, and whether a datagram to them comes back.

Tools search by a request to 224.0.1.187, ff02::158 and wider groups, port 5683 (RFC 7252 12.8, OCF
Core 11.2). What is sent here is an acknowledgement that nobody waits for, which every CoAP endpoint
drops in silence (RFC 7252 4.2), so that running devices are not disturbed; its message ID is how it
is known again.

Two questions are apart. Whether somebody has joined a group is read from the kernel; whether the
machine lets such datagrams through is tried, by one that is sent to the group and heard by a
socket of our own. The first without the second is a firewall's doing.
"""

import os
import select
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Final, TypeAlias

from onboardee.device.doctor.finding import MACHINE, CheckResult, fault, hint, text, well
from onboardee.device.net.interfaces import Interface
from onboardee.device.net.multicast import (
    IPV4_GROUP,
    LINK_LOCAL_GROUP,
    PORT,
    WIDER_GROUPS,
    membership_option,
)
from onboardee.wire.coap import message
from onboardee.wire.coap.model import Type

WAIT: Final = 0.5
"""Seconds within which a datagram to oneself comes back."""

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]
"""As sockets take it: IPv6 with flow and interface."""
Try = Callable[[Interface, str], str | None]
"""Sends a datagram to a group over an interface: `None` where it came back, or what happened."""


def look(known: Iterable[Interface], root: Path = MACHINE) -> Iterator[CheckResult]:
    """Yield which of OCF's groups programs of this machine have joined, and where."""
    joined = list(_joined(root))
    if not joined:
        yield hint(
            "groups",
            "no program of this machine has joined OCF's multicast groups, so no device runs here",
            "onboardee run light",
        )
        return
    yield well("groups", f"joined: {', '.join(joined)}")
    on_links = {each.partition("%")[2] for each in joined}
    for interface in known:
        if interface.name not in on_links and not interface.is_loopback:
            yield hint(
                interface.name,
                "no program has joined OCF's groups here, though others have elsewhere",
                "start the device again, without --host, or with an address of this interface",
            )


def heard(known: Iterable[Interface], attempt: Try | None = None) -> Iterator[CheckResult]:
    """Send to OCF's groups over each interface, and yield whether it was seen to come back."""
    send = attempt or send_to_oneself
    for interface in sorted(known, key=lambda each: each.index):
        for group in groups_for(interface):
            trouble = send(interface, group)
            about = f"{group}%{interface.name}"
            if trouble is None:
                yield well(about, "a multicast to this machine itself came back")
            elif not interface.is_loopback:
                yield fault(
                    about,
                    f"a multicast to this machine itself did not come back: {trouble}",
                    f"look for firewall rules about UDP port {PORT}, and at `ip maddress show`",
                )


def send_to_oneself(interface: Interface, group: str) -> str | None:
    """Send a group an acknowledgement that answers nothing, and wait for it on a socket there."""
    family = socket.AF_INET6 if ":" in group else socket.AF_INET
    probe = message.empty(Type.ACK, int.from_bytes(os.urandom(2)))
    try:
        with (
            socket.socket(family, socket.SOCK_DGRAM) as receiver,
            socket.socket(family, socket.SOCK_DGRAM) as sender,
        ):
            _join(receiver, interface, group)
            choose(sender, interface)
            sender.sendto(probe, address_of(group, interface))
            return None if _comes(receiver, probe) else f"not seen within {WAIT} s"
    except OSError as error:
        return error.strerror or str(error)


def _comes(receiver: socket.socket, probe: bytes) -> bool:
    """Tell whether a datagram is heard in time, among others that may come to the group."""
    until = time.monotonic() + WAIT
    while (left := until - time.monotonic()) > 0:
        if select.select([receiver], [], [], left)[0] and receiver.recv(len(probe) + 1) == probe:
            return True
    return False


def _join(receiver: socket.socket, interface: Interface, group: str) -> None:
    """Bind a socket to a group's address on one interface.

    Programs that have the port already keep it: the address may be used again.
    """
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.bind(address_of(group, interface))
    receiver.setsockopt(*membership_option(group, interface, leave=False))


def choose(sender: socket.socket, interface: Interface) -> None:
    """Let multicast from a socket leave by an interface."""
    if sender.family == socket.AF_INET6:
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
    else:
        wanted = bytes(8) + struct.pack("@i", interface.index)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, wanted)


def address_of(group: str, interface: Interface) -> Address:
    """Return a group's address on an interface, as sockets want it."""
    return (group, PORT, 0, interface.index) if ":" in group else (group, PORT)


def groups_for(interface: Interface) -> Iterator[str]:
    """Yield the groups by which tools search over an interface."""
    if interface.ipv4:
        yield IPV4_GROUP
    if interface.ipv6:
        yield LINK_LOCAL_GROUP


def _joined(root: Path) -> Iterator[str]:
    """Read the kernel's lists of groups (proc_net_igmp(5)): `group%interface`."""
    name = ""
    # the kernel prints the address as a number in the order of its own octets
    wanted = f"{struct.unpack('=I', ip_address(IPV4_GROUP).packed)[0]:08X}"
    for line in text(root / "proc/net/igmp").splitlines()[1:]:
        words = line.split()
        if line[:1].strip():
            name = words[1].rstrip(":")
        elif words and words[0] == wanted:
            yield f"{IPV4_GROUP}%{name}"
    wider = {IPv6Address(each).exploded.replace(":", ""): each for each in _ipv6_groups()}
    for line in text(root / "proc/net/igmp6").splitlines():
        words = line.split()
        if len(words) > 2 and words[2] in wider:
            yield f"{wider[words[2]]}%{words[1]}"


def _ipv6_groups() -> tuple[str, ...]:
    """Return the groups of IPv6 in all their scopes (OCF Core 11.2)."""
    return (LINK_LOCAL_GROUP, *WIDER_GROUPS)
