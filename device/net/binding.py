"""The sockets of one device: where they are bound, and which of them an answer leaves by."""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from onboardee.device.net.advertising import with_ports
from onboardee.device.net.interfaces import ALL_HOSTS, reachable
from onboardee.device.net.places import Hear
from onboardee.device.net.udp import UdpSocket
from onboardee.wire.path import Endpoint, Outgoing, Path

COAP_PORT: Final = 5683
"""The port of CoAP (RFC 7252 12.6)."""


class BindError(Exception):
    """A socket cannot be bound; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a device listens. Port 0 is any free one, no hosts are all of this machine."""

    hosts: tuple[str, ...] = ()
    plain: int = 0
    secure: int = 0
    advertised: tuple[Endpoint, ...] = ()
    """What is told to others in place of the own addresses; port 0 is the own one."""
    kept: tuple[Endpoint, ...] = ()
    """Where the device has been before: it comes back to exactly these."""
    takes_coap_port: bool = False
    """Take what comes for port 5683 of this machine as well, if nobody else does."""

    @property
    def is_loopback_only(self) -> bool:
        """Tell whether nobody but this machine can get there."""
        return bool(self.hosts) and all(
            host == "::1" or host.startswith("127.") for host in self.hosts
        )

    def open(self) -> "Sockets":
        """Bind the sockets. Raises `BindError`, and then none is bound."""
        return Sockets(self)


class Sockets:
    """All sockets of a device."""

    def __init__(self, ports: Ports) -> None:
        """Bind them. Raises `BindError`, and then none is bound."""
        self.all: Final[list[UdpSocket]] = []
        self._hosts = ports.hosts
        self._kept = {(each.scheme, each.host): each.port for each in ports.kept}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shared: list[Endpoint] = []
        self._of_machine: Final[list[UdpSocket]] = []
        """At port 5683 of all addresses; nobody is told of them."""
        try:
            self._bind(ports.plain, secured=False)
            self._bind(ports.secure, secured=True)
            if ports.takes_coap_port:
                self._take_coap_port()
        except BindError:
            self.close()
            raise
        self._leaving: dict[tuple[str, int], UdpSocket | None] = {}
        """The socket by which a datagram leaves, for each of our addresses that was asked."""
        self._advertised = with_ports(ports.advertised, self.endpoints)

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where they are bound."""
        return tuple(
            Endpoint("coaps" if opened.secured else "coap", opened.host, opened.port)
            for opened in self.all
        )

    @property
    def announced(self) -> tuple[Endpoint, ...]:
        """What the device knows of its places: the bound and the advertised ones."""
        return (*self.endpoints, *self._advertised)

    @property
    def shared(self) -> Sequence[Endpoint]:
        """The places that another program has, too."""
        return reachable(self._shared)

    def reachable_at(self) -> tuple[str, ...]:
        """Return the places for people to read, with the addresses that this machine has now."""
        return tuple(str(place) for place in (*self._advertised, *reachable(self.endpoints)))

    def send(self, outgoing: Sequence[Outgoing]) -> None:
        """Send datagrams, each from the socket that its peer has talked to."""
        for item in outgoing:
            place = item.path.local_host, item.path.local_port
            if place not in self._leaving:
                self._leaving[place] = self._bound_at(item.path)
            opened = self._leaving[place]
            if opened is not None:
                opened.send(item)

    def answering(self, path: Path, local: str) -> Path | None:
        """Return the way on which a datagram to a group is answered: from a plain socket of ours.

        `local` is our address towards the sender. None if no socket has it.
        """
        family = _family(path)
        for opened in self.all:
            is_plain = opened.family == family and not opened.secured
            if is_plain and opened.host in {local, *ALL_HOSTS}:
                return path.answered_from(local, opened.port)
        return None

    def listen(
        self, loop: asyncio.AbstractEventLoop, hear: Hear, heard: Callable[[], None]
    ) -> None:
        """From now on hand over what arrives; `heard` is called after each handful of it."""
        self._loop = loop

        def read(opened: UdpSocket) -> None:
            opened.drain(hear)
            heard()

        for opened in self._listening:
            loop.add_reader(opened, read, opened)

    def close(self) -> None:
        """Give the ports back."""
        for opened in self._listening:
            if self._loop is not None:
                self._loop.remove_reader(opened)
            opened.close()

    @property
    def _listening(self) -> list[UdpSocket]:
        return [*self.all, *self._of_machine]

    def _bound_at(self, path: Path) -> UdpSocket | None:
        """Return the socket of a local address: that of all addresses, if there is one."""
        mine = [
            opened
            for opened in self._listening
            if opened.family == _family(path)
            and opened.port == path.local_port
            and opened.host in {path.local_host, *ALL_HOSTS}
        ]
        return min(mine, key=lambda opened: opened.host not in ALL_HOSTS, default=None)

    def _take_coap_port(self) -> None:
        """Bind port 5683 of all addresses, unless somebody is there already, this device included.

        Some tools ask a machine by its address alone, at the port that CoAP has by default (RFC
        7252 6.1); IoTivity and IoTivity-Lite answer there, as their sockets for groups get that,
        too. The port is shared, so that a program that comes later and wants it has it.
        """
        for host in ALL_HOSTS:
            is_taken = any(each.port == COAP_PORT for each in self.all) or _is_taken(
                host, COAP_PORT
            )
            if is_taken:
                continue
            with suppress(OSError):  # a machine without IPv6
                self._of_machine.append(UdpSocket(host, COAP_PORT, shared=True))

    def _bind(self, port: int, *, secured: bool) -> None:
        """Bind a port at every address. Raises `BindError`."""
        wanted, scheme = port, "coaps" if secured else "coap"
        for host in self._hosts or ALL_HOSTS:
            kept = self._kept.get((scheme, host))
            is_optional = kept is None and not self._hosts and host == "::"
            first, fallback = (wanted, port) if kept is None else (kept, kept)
            is_shared = first == COAP_PORT and _is_taken(host, first)
            try:
                opened = _bound(host, first, fallback=fallback, secured=secured)
            except OSError as error:
                if is_optional:
                    continue  # a machine without IPv6
                raise BindError(_explain(host, first, error)) from error
            self.all.append(opened)
            if is_shared:
                self._shared.append(Endpoint(scheme, host, opened.port))
            wanted = opened.port  # the same number for every address, where it is free


def _family(path: Path) -> socket.AddressFamily:
    return socket.AF_INET6 if path.is_ipv6 else socket.AF_INET


def _bound(host: str, port: int, *, fallback: int, secured: bool) -> UdpSocket:
    """Bind `port`, or `fallback` if that is another one and `port` is taken."""
    # the multicast port is shared with the multicast sockets of every process
    shared = port == COAP_PORT
    try:
        return UdpSocket(host, port, secured=secured, shared=shared)
    except OSError:
        if port == fallback:
            raise
        return UdpSocket(host, fallback, secured=secured)


def _is_taken(host: str, port: int) -> bool:
    """Tell whether somebody listens here already, multicast aside."""
    # bound to a wildcard, the probe would take sockets of the multicast groups for others
    here = dict(zip(ALL_HOSTS, ("127.0.0.1", "::1"), strict=True)).get(host, host)
    try:
        UdpSocket(here, port).close()
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    return False


def _explain(host: str, port: int, error: OSError) -> str:
    place = f"UDP port {port}" if host in ALL_HOSTS else Endpoint("udp", host, port)
    return f"cannot listen at {place}: {error.strerror or error}; choose another address or port"


def address_towards(path: Path) -> str | None:
    """Return the local address from which an answer to `path`'s peer leaves."""
    peer: tuple[str, int] | tuple[str, int, int, int] = (path.peer_host, path.peer_port)
    if path.is_ipv6:
        peer = (path.peer_host, path.peer_port, 0, path.interface)
    try:
        with socket.socket(_family(path), socket.SOCK_DGRAM) as probe:
            probe.connect(peer)
            host: str = probe.getsockname()[0]
    except OSError:
        return None
    return host
