"""Six lights by address in two workers, in a network of their own: each is asked, and all searched.

Run in a network namespace of its own, by `test_net_workers`; prints what was seen as JSON.
"""

import json
import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from onboardee.wire.coap.discovery import encode_multicast_request, pong
from onboardee.wire.entropy import SystemEntropy

PREFIX = "fd00:db8::"
PROGRAM = [sys.executable, "-c", "from onboardee.device.cli import main; main()"]
COUNT = 6
LEISURE = 8.0
"""Seconds within which each device answers."""
LATER = 0.2
"""Seconds in which no further answer may come."""


def ip(*words: str) -> None:
    """Change the network of this namespace."""
    subprocess.run(["ip", *words], check=True)


def asked(peer: socket.socket) -> list[str]:
    """Ping each device in turn; return who answered."""
    found = []
    for number in range(1, COUNT + 1):
        peer.sendto(b"\x40\x00\x00\x01", (f"{PREFIX}{number:x}", 5683))
        found.append(peer.recvfrom(64)[1][0])
    return found


def searched(peer: socket.socket, interface: int) -> list[str]:
    """Search by multicast; return from where answers came, each time that one did."""
    _, datagram = encode_multicast_request("/oic/d", entropy=SystemEntropy())
    peer.sendto(datagram, ("ff02::158", 5683, 0, interface))
    found: list[str] = []
    until = time.monotonic() + LEISURE
    while (left := until - time.monotonic()) > 0 and select.select([peer], [], [], left)[0]:
        content, sender = peer.recvfrom(65535)
        if (reply := pong(content)) is not None:
            peer.sendto(reply, sender)
        else:
            found.append(sender[0])
            if len(found) == COUNT:
                until = time.monotonic() + LATER
    return sorted(found)


def main() -> None:
    """Make the network, run the devices, ask them."""
    ip("link", "set", "lo", "up")
    ip("link", "add", "one", "type", "veth", "peer", "name", "other")
    ip("-6", "addr", "add", "fd00:1::1/64", "dev", "one", "nodad")
    for name in ("one", "other"):
        ip("link", "set", name, "up")
    ip("-6", "route", "add", "local", f"{PREFIX}/64", "dev", "lo")
    with tempfile.TemporaryDirectory() as home:
        words = ["run", "light", "--count", str(COUNT), "--workers", "2"]
        words += ["--addresses", f"{PREFIX}/64", "--state-file", str(Path(home) / "lamps.db")]
        with subprocess.Popen(
            [*PROGRAM, *words, "--log-format", "json"], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            while json.loads(process.stdout.readline())["event"] != "fleet.ready":
                pass
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
                peer.settimeout(5)
                peer.bind(("fd00:1::1", 0))
                index = socket.if_nametoindex("one")
                peer.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
                found = {"asked": asked(peer), "searched": searched(peer, index)}
            process.terminate()
            process.communicate()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
