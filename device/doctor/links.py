"""Network interfaces: which are up, which carry multicast, and of what kind they are.

Linux tells an interface's flags, kind and state below /sys/class/net (`Documentation/ABI/testing/
sysfs-class-net`); the bits are those of `ip link` (netdevice(7)).

A flag that is missing stops every tool; a kind that is known to make trouble, such as Wi-Fi with
client isolation, is a hint only, as nothing on this machine tells whether it does.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from onboardee.device.doctor.finding import MACHINE, CheckResult, fault, hint, text, well
from onboardee.device.net.interfaces import Interface

UP: Final = 0x1
"""IFF_UP: somebody switched the interface on."""
LOOPBACK: Final = 0x8
"""IFF_LOOPBACK: it leads to this machine only."""
MULTICAST: Final = 0x1000
"""IFF_MULTICAST: it carries datagrams to groups."""
INNER: Final = ("docker", "podman", "cni-", "br-", "virbr", "veth")
"""How the interfaces towards containers and virtual machines on this host begin."""


def look(known: Iterable[Interface], root: Path = MACHINE) -> Iterator[CheckResult]:
    """Yield findings for each interface that has addresses, and for IPv6 as a whole."""
    outward = False
    for interface in sorted(known, key=lambda each: each.index):
        flags = _flags(interface.name, root)
        if interface.is_loopback or flags & LOOPBACK:
            continue
        outward = outward or bool(flags & UP and not _is_inner(interface.name))
        yield from _one(interface, flags, root)
    if not outward:
        yield fault(
            "interfaces",
            "no interface but loopback is up and has an address: only this machine is reached",
            "connect a network; `ip link set NAME up` and an address for it",
        )
    yield from _ipv6(root)


def _one(interface: Interface, flags: int, root: Path) -> Iterator[CheckResult]:
    """Yield what is to be said of one interface: its state, its kind, where it leads."""
    name = interface.name
    addresses = ", ".join((*interface.ipv4, *interface.ipv6))
    if not flags & UP:
        yield hint(name, f"has {addresses}, but is down", f"ip link set {name} up")
    elif not flags & MULTICAST:
        yield fault(
            name,
            "carries no multicast, by which tools search for devices",
            f"ip link set {name} multicast on",
        )
    else:
        yield well(name, f"is up and carries multicast, with {addresses}")
    kind = _kind(name, root)
    if kind == "wlan":
        yield hint(
            name,
            "is Wi-Fi: many access points keep their clients from each other, or drop multicast",
            "switch off client isolation at the access point, or use a cable",
        )
    elif kind == "vlan":
        yield hint(
            name,
            "is a VLAN: only tools in the same VLAN search here",
            "give the tool an interface in this VLAN",
        )
    if _is_inner(name):
        yield hint(
            name,
            "leads to containers or virtual machines on this host; multicast crosses to no other"
            " network",
            "run devices in containers on the host's network or on a macvlan network",
        )


def _ipv6(root: Path) -> Iterator[CheckResult]:
    """Yield whether IPv6 is on for the whole machine."""
    switch = text(root / "proc/sys/net/ipv6/conf/all/disable_ipv6").strip()
    if switch == "0":
        yield well("IPv6", "is on")
    else:
        yield hint(
            "IPv6",
            "is off; OCF asks tools for IPv6 only, so some find no device here",
            "sysctl -w net.ipv6.conf.all.disable_ipv6=0",
        )


def _is_inner(name: str) -> bool:
    return name.startswith(INNER)


def _flags(name: str, root: Path) -> int:
    """Return the flags of an interface; one of which nothing is known passes for sound."""
    said = text(root / "sys/class/net" / name / "flags").strip()
    return int(said, 16) if said else UP | MULTICAST


def _kind(name: str, root: Path) -> str:
    """Return the kind of an interface as the kernel names it, "" for a plain one."""
    for line in text(root / "sys/class/net" / name / "uevent").splitlines():
        if line.startswith("DEVTYPE="):
            return line.removeprefix("DEVTYPE=")
    return ""
