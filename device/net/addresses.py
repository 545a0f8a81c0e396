"""An address for each device, and one pair of sockets for all of them.

A prefix that is routed to this machine makes all its addresses local (Linux: AnyIP):

    ip -6 route add local fd00:db8::/64 dev lo
    ip route add local 10.9.0.0/16 dev lo

One socket bound to the wildcard and a port gets what is sent to any of them, and the kernel tells
to which (IP_PKTINFO, IPV6_RECVPKTINFO); an answer is sent from that address (IP_FREEBIND lets it,
as no interface has it). So ten thousand devices, each at the standard ports 5683 and 5684 of an
address of its own, need two sockets for each version of IP. What is sent to an address that no
device has is dropped. A search by multicast comes by the group's socket, as always, and each device
answers it from its own address.
"""

import asyncio
import os
import select
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, NamedTuple, TypeAlias

from onboardee.device.net.binding import COAP_PORT, BindError
from onboardee.device.net.places import Hear
from onboardee.device.net.udp import UdpSocket
from onboardee.wire.path import Endpoint, Outgoing, Path

Prefix: TypeAlias = IPv4Network | IPv6Network
"""From which addresses are given to devices, one each."""

COAPS_PORT: Final = 5684
"""The port of CoAP over DTLS (RFC 7252 12.7)."""
TRIAL_SECONDS: Final = 0.3
"""How long a datagram to an address of a prefix may take to come back."""


class _Listener(NamedTuple):
    hear: Hear
    heard: Callable[[], None]


def parsed_prefix(text: str) -> Prefix:
    """Read a prefix such as `fd00:db8::/64` or `10.9.0.0/16`. Raises `ValueError`."""
    try:
        prefix = ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text} is no prefix, as fd00:db8::/64 or 10.9.0.0/16: {error}"
        ) from error
    if prefix.is_multicast or prefix.num_addresses < 4:
        raise ValueError(f"{text} has no addresses for devices")
    return prefix


def address_of(prefix: Prefix, number: int) -> str:
    """Return the address of the device with a number, from 0. Raises `BindError`."""
    if number + 2 >= prefix.num_addresses:
        sentence = f"{prefix} has too few addresses for {number + 1} devices"
        raise BindError(f"{sentence}; give a shorter prefix")
    return str(prefix[number + 1])


class Addresses:
    """Prefixes of whose addresses each device has one, and the sockets for all of them."""

    def __init__(
        self,
        prefixes: Iterable[Prefix],
        plain: int = COAP_PORT,
        secure: int = COAPS_PORT,
        given: Iterable[UdpSocket] = (),
    ) -> None:
        """`given` are sockets that are bound already, as those of a worker are (`steering`)."""
        self._prefixes = tuple(prefixes)
        self.plain: Final = plain
        """The port of each device for coap."""
        self.secure: Final = secure
        """The port for coaps."""
        self._sockets: dict[tuple[bool, bool], UdpSocket] = {
            (":" in opened.host, opened.secured): opened for opened in given
        }
        """By version of IP (6 is true) and whether it is the secured port."""
        self._listeners: dict[str, _Listener] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Bind the sockets, and try whether each prefix is routed here.

        Raises `BindError`, which says which route is missing.
        """
        if self._sockets:
            return  # whoever has bound them has tried
        with ExitStack() as undone:
            undone.callback(self.close)
            for prefix in self._prefixes:
                self._bind(prefix)
                if not comes_here(str(prefix[1]), [self._sockets[prefix.version == 6, True]]):
                    raise BindError(no_route(prefix))
            undone.pop_all()

    def place(self, number: int) -> "OwnAddress":
        """Return the addresses of the device with a number, from 0. Raises `BindError`."""
        hosts = tuple(address_of(prefix, number) for prefix in self._prefixes)
        return OwnAddress(self, hosts)

    def close(self) -> None:
        """Give the ports back."""
        for opened in self._sockets.values():
            if self._loop is not None:
                self._loop.remove_reader(opened)
            opened.close()
        self._sockets.clear()

    def attach(self, hosts: Sequence[str], hear: Hear, heard: Callable[[], None]) -> None:
        """Let a device have what comes for its addresses."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            for opened in self._sockets.values():
                self._loop.add_reader(opened, self._read, opened)
        for host in hosts:
            self._listeners[host] = _Listener(hear, heard)

    def detach(self, hosts: Sequence[str]) -> None:
        """Drop from now on what comes for addresses."""
        for host in hosts:
            self._listeners.pop(host, None)

    def send(self, outgoing: Outgoing) -> None:
        """Send a datagram from the address that its path has as local."""
        opened = self._sockets.get((outgoing.path.is_ipv6, outgoing.path.secured))
        if opened is not None:
            opened.send(outgoing)

    def _read(self, opened: UdpSocket) -> None:
        """Hand over what has arrived; each device that got something looks at what is due once."""
        reached: dict[str, _Listener] = {}

        def deliver(datagram: bytes, path: Path) -> None:
            listener = self._listeners.get(path.local_host)
            if listener is not None:
                reached[path.local_host] = listener
                listener.hear(datagram, path)

        opened.drain(deliver)
        for listener in reached.values():
            listener.heard()

    def _bind(self, prefix: Prefix) -> None:
        is_ipv6 = prefix.version == 6
        host = "::" if is_ipv6 else "0.0.0.0"  # noqa: S104 - of which the kernel tells each address
        for secured, port in ((False, self.plain), (True, self.secure)):
            if (is_ipv6, secured) in self._sockets:
                continue
            try:
                # the port of the multicast groups is shared with their sockets
                opened = UdpSocket(host, port, secured=secured, shared=not secured, any_source=True)
            except OSError as error:
                raise cannot_listen(port, prefix, error) from error
            self._sockets[is_ipv6, secured] = opened


def comes_here(host: str, secured: Sequence[UdpSocket]) -> bool:
    """Send a datagram to an address, and tell whether it arrives at the secured port."""
    token = os.urandom(16)
    arrived: list[bytes] = []
    with socket.socket(secured[0].family, socket.SOCK_DGRAM) as probe:
        try:
            probe.sendto(token, (host, secured[0].port))
        except OSError:
            return False
        # not `select`, which knows no descriptors above 1023
        ready = select.poll()
        for opened in secured:
            ready.register(opened, select.POLLIN)
        while token not in arrived:
            if not ready.poll(TRIAL_SECONDS * 1000):
                return False
            for opened in secured:
                opened.drain(lambda datagram, _path: arrived.append(datagram))
    return True


def cannot_listen(port: int, prefix: Prefix, error: OSError) -> BindError:
    """Return what is to be raised for a port that cannot be bound."""
    sentence = f"cannot listen at UDP port {port} of {prefix}: {error.strerror or error}"
    return BindError(f"{sentence}; stop the program that has it")


def no_route(prefix: Prefix) -> str:
    """Return that a prefix does not lead here, with the command that makes it."""
    command = "ip -6" if prefix.version == 6 else "ip"
    return (
        f"{prefix} is not routed to this machine; type: {command} route add local {prefix} dev lo"
    )


class OwnAddress:
    """The addresses of one device, one of each prefix: a place whose sockets others use, too."""

    def __init__(self, addresses: Addresses, hosts: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._hosts = hosts

    @property
    def is_loopback_only(self) -> bool:
        """Tell whether nobody but this machine can get there."""
        return all(host == "::1" or host.startswith("127.") for host in self._hosts)

    def open(self) -> "OwnAddress":
        """Take the place, whose sockets are open already."""
        return self

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Both ports of its addresses."""
        ports = (("coap", self._addresses.plain), ("coaps", self._addresses.secure))
        return tuple(Endpoint(scheme, host, port) for scheme, port in ports for host in self._hosts)

    @property
    def announced(self) -> tuple[Endpoint, ...]:
        """What the device knows of its places."""
        return self.endpoints

    @property
    def shared(self) -> tuple[Endpoint, ...]:
        """No other program has them."""
        return ()

    def reachable_at(self) -> tuple[str, ...]:
        """Return the places for people to read."""
        return tuple(map(str, self.endpoints))

    def listen(
        self, _loop: asyncio.AbstractEventLoop, hear: Hear, heard: Callable[[], None]
    ) -> None:
        """From now on hand over what arrives."""
        self._addresses.attach(self._hosts, hear, heard)

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Send datagrams, each from the address that its peer has talked to."""
        for each in outgoing:
            self._addresses.send(each)

    def answering(self, path: Path, local: str) -> Path | None:
        """Return the way on which a datagram to a group is answered: from its own address."""
        for host in self._hosts:
            if (":" in host) == path.is_ipv6:
                return path.answered_from(host, self._addresses.plain)
        return None

    def close(self) -> None:
        """Give up the place; the sockets stay."""
        self._addresses.detach(self._hosts)
