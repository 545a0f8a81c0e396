"""The sockets of several processes at one port, of which each gets what is for its own devices.

Workers share the standard ports of a prefix (`addresses`). Sockets with SO_REUSEPORT may, and the
kernel would choose among them by a hash of both ends: a datagram would come to a process that does
not have the device. A small program in the kernel chooses instead (SO_ATTACH_REUSEPORT_CBPF,
socket(7)), by the address that a datagram was sent to:

    destination ──► number of the device in its prefix ──► the worker whose slice has it

The kernel counts the sockets of a port in the order in which they were bound, and moves the last
one into the place of one that closes. So the process that starts the workers binds them all, keeps
them, and hands each worker its own; a worker that crashed finds what was sent meanwhile. What is
sent to a multicast group is no concern of these sockets: each worker joins groups with its own.
"""

import ctypes
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from onboardee.device.net.addresses import (
    COAPS_PORT,
    Prefix,
    address_of,
    cannot_listen,
    comes_here,
    no_route,
)
from onboardee.device.net.binding import COAP_PORT, BindError
from onboardee.device.net.udp import UdpSocket

_ATTACH: Final = getattr(socket, "SO_ATTACH_REUSEPORT_CBPF", 51)
"""Linux's number, which Python does not name (socket(7))."""
_NETWORK_HEADER: Final = (1 << 32) - 0x100000
"""`SKF_NET_OFF`: from here on offsets count from the header of IP, in two's complement."""
_DESTINATION: Final = {4: 16, 6: 24}
"""Where the destination stands in the header of IP, by its version (RFC 791 3.1, RFC 8200 3)."""
_LOAD: Final = 0x20  # BPF_LD | BPF_W | BPF_ABS, as all of these of linux/bpf_common.h
_SUBTRACT: Final = 0x14  # BPF_ALU | BPF_SUB | BPF_K
_JUMP: Final = 0x05  # BPF_JMP | BPF_JA
_IF_EQUAL: Final = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_IF_AT_LEAST: Final = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN: Final = 0x06  # BPF_RET | BPF_K
_INSTRUCTION: Final = struct.Struct("=HBBI")  # struct sock_filter

_Code = list[tuple[int, int, int, int]]
"""Instructions: operation, how many to pass over if it holds, and if not, and a number."""


@dataclass(frozen=True, slots=True)
class SharedSocket:
    """A socket of a worker, in a form that goes to another process while that is started."""

    opened: socket.socket
    secured: bool


class SteeredSockets:
    """A socket for each worker, version of IP and port, for as long as workers come and go."""

    def __init__(
        self,
        prefixes: Iterable[Prefix],
        firsts: Sequence[int],
        plain: int = COAP_PORT,
        secure: int = COAPS_PORT,
    ) -> None:
        """`firsts` has the number of each worker's first device, in ascending order."""
        self._prefixes = tuple(prefixes)
        self._firsts = tuple(firsts)
        self._ports = ((True, secure), (False, plain))
        self._groups: dict[tuple[int, bool], list[UdpSocket]] = {}
        """By version of IP and whether it is the secured port; in the order of the workers."""

    def open(self) -> None:
        """Bind all, and try whether each prefix is routed here.

        Raises `BindError`, and then none is bound.
        """
        with ExitStack() as undone:
            undone.callback(self.close)
            for version in sorted({prefix.version for prefix in self._prefixes}):
                self._bind(version)
            for prefix in self._prefixes:
                group = self._groups[prefix.version, True]
                if not comes_here(address_of(prefix, self._firsts[0]), group):
                    raise BindError(no_route(prefix))
            undone.pop_all()

    def of(self, worker: int) -> tuple[SharedSocket, ...]:
        """Return the sockets of a worker, from 0."""
        return tuple(
            SharedSocket(group[worker].handed_on(), secured)
            for (_, secured), group in self._groups.items()
        )

    def close(self) -> None:
        """Give the ports back, once the workers have."""
        for group in self._groups.values():
            for opened in group:
                opened.close()
        self._groups.clear()

    def _bind(self, version: int) -> None:
        prefixes = [each for each in self._prefixes if each.version == version]
        host = "::" if version == 6 else "0.0.0.0"  # noqa: S104 - the kernel tells which address
        for secured, port in self._ports:
            group = self._groups[version, secured] = []
            try:
                if secured:
                    # those who share a port let others of the same user join them, unasked
                    UdpSocket(host, port, secured=True).close()
                for _ in self._firsts:
                    group.append(UdpSocket.of_several(host, port, secured=secured))  # noqa: PERF401 - closed if a later one fails
            except OSError as error:
                raise cannot_listen(port, prefixes[0], error) from error
            _steer(group[0], program(prefixes, self._firsts))


def program(prefixes: Iterable[Prefix], firsts: Sequence[int]) -> bytes:
    """Return the program that chooses a socket: instructions of the classic BPF (bpf(2)).

    The prefixes are of one version of IP. What is for none of their devices goes to the first one.
    """
    code: _Code = []
    for prefix in prefixes:
        code += _of_prefix(prefix, firsts)
    code.append((_RETURN, 0, 0, 0))
    return b"".join(_INSTRUCTION.pack(*each) for each in code)


def _of_prefix(prefix: Prefix, firsts: Sequence[int]) -> _Code:
    """Return what ends with the socket of a device of this prefix, and goes on for others."""
    at = _NETWORK_HEADER + _DESTINATION[prefix.version]
    *upper, lowest = _words(prefix.network_address.packed)
    choice = list(_choice(firsts))
    code: _Code = [
        (_LOAD, 0, 0, at + 4 * len(upper)),
        (_SUBTRACT, 0, 0, lowest),  # the number, from 1; what is below the prefix gets a large one
        (_IF_AT_LEAST, 0, 1, min(prefix.num_addresses, 1 << 32) - 1),
        (_JUMP, 0, 0, len(choice)),
        *choice,
    ]
    for index, word in reversed(list(enumerate(upper))):
        load, jump = (_LOAD, 0, 0, at + 4 * index), (_JUMP, 0, 0, len(code))
        code = [load, (_IF_EQUAL, 1, 0, word), jump, *code]
    return code


def _choice(firsts: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """Return the worker with the last first device that is not behind this one."""
    for worker in range(len(firsts) - 1, 0, -1):
        yield (_IF_AT_LEAST, 0, 1, firsts[worker] + 1)
        yield (_RETURN, 0, 0, worker)
    yield (_RETURN, 0, 0, 0)


def _words(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"!{len(packed) // 4}I", packed)


def _steer(opened: UdpSocket, instructions: bytes) -> None:
    """Let the kernel choose among the sockets at the port of this one. Raises `BindError`."""
    kept = ctypes.create_string_buffer(instructions, len(instructions))
    count = len(instructions) // _INSTRUCTION.size
    pointed = struct.pack("@HP", count, ctypes.addressof(kept))  # struct sock_fprog
    try:
        opened.option(socket.SOL_SOCKET, _ATTACH, pointed)
    except OSError as error:
        reason = f"this system cannot give each worker what is for its devices: {error.strerror}"
        raise BindError(f"{reason}; leave out --workers or --addresses") from error
