"""Workers that share the standard ports: each gets what is for its own devices."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address

import pytest
from test_net_addresses import LOOPBACK, NOWHERE, free_ports

from onboardee.device.net.addresses import Prefix, parsed_prefix
from onboardee.device.net.binding import BindError
from onboardee.device.net.steering import SharedSocket, SteeredSockets, program
from onboardee.device.net.udp import UdpSocket

OTHER = parsed_prefix("127.10.0.0/16")
FIRSTS = (0, 3, 5)
"""Three workers, with the devices 0 to 2, 3 and 4, and from 5 on."""


@contextmanager
def steered(*prefixes: Prefix, firsts: tuple[int, ...] = FIRSTS) -> Iterator[SteeredSockets]:
    """Open sockets of workers at free ports."""
    sockets = SteeredSockets(prefixes, firsts, *free_ports())
    sockets.open()
    with closing(sockets):
        yield sockets


def port_of(shared: tuple[SharedSocket, ...], *, secured: bool) -> int:
    """Return the port of one kind."""
    return next(int(each.opened.getsockname()[1]) for each in shared if each.secured is secured)


def heard(shared: tuple[SharedSocket, ...]) -> list[str]:
    """Return to which addresses came what a worker finds in its sockets."""
    found: list[str] = []
    for each in shared:
        opened = UdpSocket.over(each.opened, secured=each.secured)
        opened.drain(lambda _, path: found.append(path.local_host))
    return found


@pytest.mark.parametrize("secured", [False, True])
def test_each_worker_gets_what_is_sent_to_its_devices(secured: bool) -> None:
    """Of both prefixes, at both ports; and nothing of the others."""
    with (
        steered(LOOPBACK, OTHER) as sockets,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        port = port_of(sockets.of(0), secured=secured)
        for prefix in (LOOPBACK, OTHER):
            for number in range(1, 9):
                peer.sendto(b"", (str(prefix[number]), port))
        assert [heard(sockets.of(worker)) for worker in range(3)] == [
            [str(prefix[number]) for prefix in (LOOPBACK, OTHER) for number in numbers]
            for numbers in ((1, 2, 3), (4, 5), (6, 7, 8))
        ]


def test_what_comes_while_a_worker_is_down_waits_for_the_next_one() -> None:
    """A crash closes the worker's sockets; the others still get theirs, and it gets its own."""
    with steered(LOOPBACK) as sockets, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        for each in sockets.of(1):
            UdpSocket.over(each.opened.dup(), secured=each.secured).close()
        for number in (4, 1, 6):
            peer.sendto(b"", (str(LOOPBACK[number]), port_of(sockets.of(1), secured=False)))
        assert [heard(sockets.of(worker)) for worker in (1, 0, 2)] == [
            ["127.9.0.4"],
            ["127.9.0.1"],
            ["127.9.0.6"],
        ]


def test_workers_of_a_later_slice_have_no_device_with_the_first_address() -> None:
    """The trial of the route goes to an address that one of them has."""
    with (
        steered(LOOPBACK, firsts=(6, 9)) as sockets,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        peer.sendto(b"", (str(LOOPBACK[10]), port_of(sockets.of(0), secured=True)))
        assert [heard(sockets.of(worker)) for worker in (0, 1)] == [[], ["127.9.0.10"]]
    with pytest.raises(BindError, match="too few addresses for 15 devices"):
        SteeredSockets([LOOPBACK], (14,), *free_ports()).open()


def test_a_second_run_with_workers_is_refused() -> None:
    """The kernel would let its sockets join the first ones and mix up whose devices are asked."""
    ports = free_ports()
    first, second = (SteeredSockets([LOOPBACK], FIRSTS, *ports) for _ in range(2))
    first.open()
    with closing(first), pytest.raises(BindError, match="stop the program that has it"):
        second.open()


def test_a_prefix_that_is_not_routed_here_leaves_no_socket_open() -> None:
    """The command that makes the route is told, as with one process."""
    ports = free_ports()
    with pytest.raises(BindError, match=r"ip route add local 192\.0\.2\.0/28 dev lo"):
        SteeredSockets([NOWHERE], FIRSTS, *ports).open()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("0.0.0.0", ports[1]))


@pytest.mark.parametrize(
    "texts",
    [("fd00:db8::/64",), ("fd00:db8::/120", "fd00:db9::/64"), ("10.0.0.0/8", "192.0.2.128/25")],
)
def test_the_program_in_the_kernel_knows_every_address(texts: tuple[str, ...]) -> None:
    """Of IPv6 as well, carried out as bpf(2) says; what is nobody's comes to the first worker."""
    prefixes = tuple(map(parsed_prefix, texts))
    code = program(prefixes, FIRSTS)
    for prefix in prefixes:
        found = [carried_out(code, str(prefix[number])) for number in range(1, 10)]
        assert found == [0, 0, 0, 1, 1, 2, 2, 2, 2]
        last = prefix[min(prefix.num_addresses, 1 << 32) - 2]
        assert carried_out(code, str(last)) == 2
        for elsewhere in (prefix[0] - 1, prefix[-1] + 1):
            assert carried_out(code, str(elsewhere)) == 0


def carried_out(code: bytes, destination: str) -> int:
    """Carry out a program of the classic BPF on a header with this destination."""
    packed = ip_address(destination).packed
    header = bytes(24 if len(packed) == 16 else 16) + packed
    instructions = list(struct.iter_unpack("=HBBI", code))
    value = at = 0
    while True:
        operation, holds, fails, number = instructions[at]
        at += 1
        match operation:
            case 0x20:
                (value,) = struct.unpack_from("!I", header, number - ((1 << 32) - 0x100000))
            case 0x14:
                value = (value - number) % (1 << 32)
            case 0x05:
                at += number
            case 0x15:
                at += holds if value == number else fails
            case 0x35:
                at += holds if value >= number else fails
            case 0x06:
                return int(number)
            case _:
                raise AssertionError(operation)
