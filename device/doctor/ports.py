"""UDP port 5683: who has it, and whether several programs share it.

The kernel lists sockets in /proc/net/udp and udp6, with an inode that is a link in the owner's
/proc/PID/fd. Only the owner of a process, and root, may read those links.

Several sockets can have one port at once, as each of them allowed it (SO_REUSEADDR). The kernel
gives a datagram to a group to all of them, and one to an address to the last that was bound, so
the others are found and then do not answer. That is seldom meant, and hard to see from outside.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from onboardee.device.doctor.finding import MACHINE, CheckResult, hint, text, well

PORT: Final = 5683
"""CoAP's port (RFC 7252 12.6), to which searches go."""
_WILDCARDS: Final = frozenset({"0" * 8, "0" * 32})
"""All addresses of IPv4 and of IPv6, as the kernel prints them."""
_INODE: Final = re.compile(r"socket:\[(\d+)\]")
"""How the kernel names a socket among the open files of a process."""


def look(root: Path = MACHINE) -> Iterator[CheckResult]:
    """Yield which programs have the port on all addresses, once for each version of IP."""
    owners = _owners(root)
    for version, name in (("IPv4", "udp"), ("IPv6", "udp6")):
        about = f"port {PORT}, {version}"
        inodes = list(_sockets(root / "proc/net" / name))
        programs = sorted({owners.get(each, "another user's program") for each in inodes})
        if not inodes:
            yield well(about, "is free on all addresses")
        elif len(inodes) == 1:
            yield well(about, f"belongs to {programs[0]}")
        else:
            yield hint(
                about,
                f"is shared by {len(inodes)} sockets ({', '.join(programs)}): searches reach all of"
                " them, a request to one address only one",
                "stop the others, or give the device a port of its own: onboardee run --port N",
            )


def _sockets(table: Path) -> Iterator[str]:
    """Yield the inodes of sockets that have the port on all addresses."""
    for line in text(table).splitlines()[1:]:
        words = line.split()
        if len(words) < 10:
            continue
        host, _, port = words[1].partition(":")
        if int(port, 16) == PORT and host in _WILDCARDS:
            yield words[9]


def _owners(root: Path) -> dict[str, str]:
    """Map inodes of sockets to programs, as far as this user may look."""
    found: dict[str, str] = {}
    for process in (root / "proc").glob("[0-9]*"):
        name = text(process / "comm").strip()
        with suppress(OSError):
            for each in (process / "fd").iterdir():
                with suppress(OSError):
                    if match := _INODE.match(str(each.readlink())):
                        found[match[1]] = f"{name} (process {process.name})"
    return found
