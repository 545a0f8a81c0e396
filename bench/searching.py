"""Searches by multicast, from a namespace of choice.

`python bench/searching.py INTERFACE SECONDS ROUNDS` prints how many different devices have answered
after each round.
"""

import select
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from onboardee.wire.coap.discovery import encode_multicast_request, pong
from onboardee.wire.entropy import SystemEntropy

GROUP = "ff02::158"
IPV4_GROUP = "224.0.1.187"
LOOPBACK = "lo"
OWN = {"far": "fd00:1::1", "near": "fd00:1::2"}
"""The addresses of both ends: of the devices' namespace, and of the tool's."""
LEISURE = 6.0
"""Seconds after a search in which answers count: the leisure of the profile, and the way."""
SO_RCVBUFFORCE = 33


def ask(interface: str, seconds: float, rounds: int) -> list[int]:
    """Search by multicast; return how many different devices have answered after each round."""
    heard: set[tuple[str, int]] = set()
    found = []
    asking, group = over(interface)
    with asking:
        asking.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        for _ in range(rounds):
            _, datagram = encode_multicast_request("/oic/res", entropy=SystemEntropy())
            asking.sendto(datagram, group)
            heard |= _answers(asking, time.monotonic() + seconds)
            found.append(len(heard))
    return found


def over(interface: str) -> tuple[socket.socket, tuple[Any, ...]]:
    """Return a socket that asks over an interface, and the group that is asked there."""
    index = socket.if_nametoindex(interface)
    if interface == LOOPBACK:
        asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        choice = bytes(8) + struct.pack("=i", index)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, choice)
        return asking, (IPV4_GROUP, 5683)
    asking = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    # one address for all: a device that asks for a proof is answered from where it was asked
    asking.bind((OWN[interface], 0))
    return asking, (GROUP, 5683, 0, index)


def _answers(asking: socket.socket, until: float) -> set[tuple[str, int]]:
    heard = set()
    while (left := until - time.monotonic()) > 0:
        if select.select([asking], [], [], left)[0]:
            content, sender = asking.recvfrom(65535)
            # devices see by a ping who really asked
            if (reply := pong(content)) is not None:
                asking.sendto(reply, sender)
            else:
                heard.add(sender[:2])
    return heard


def ask_within(
    within: Sequence[str], seconds: float, rounds: int = 1, over: str = "near"
) -> list[int]:
    """Search from the tool's namespace, over an interface there."""
    words = [sys.executable, __file__, over, str(seconds), str(rounds)]
    told = subprocess.check_output([*within, *words], text=True)
    return [int(each) for each in told.split()]


if __name__ == "__main__":
    print(*ask(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
