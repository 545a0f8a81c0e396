"""A transport with real sockets, IPv4 and IPv6, on the running asyncio event loop.

Sockets are read when the loop says so, a bounded number of datagrams at a time; timers are one
handle for the earliest deadline of the engine and of all who wait. Each secured link is a socket of
its own, closed with the link. Multicast leaves on each interface that is up, as there is no default
interface for it.

A reply is only recognised by where it came from, so a socket of its own for each secured link
also keeps a stranger who guesses a port from reaching another link. Datagrams that cannot be sent
are lost like any other, unless the system says that the way is closed: that is told to the link, as
waiting would not help.

A device may want to know whether its answer would reach us before it sends it, and pings whom it
heard ask (`device/machine/challenges.py`). That was one of the many addresses of this machine, and
only an answer from there is a proof: so the port for plain requests knows at which it is asked.
"""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self

from onboardee.obt.address import Address
from onboardee.obt.engine import ObtEngine
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.transport import GROUP_PORT, GROUPS_IPV4, GROUPS_IPV6, Transport, Work
from onboardee.wire import packet_info
from onboardee.wire.entropy import Entropy, SystemEntropy
from onboardee.wire.path import Outgoing, Path

LARGEST_DATAGRAM: Final = 65536
"""Octets: more than UDP carries, so that nothing is cut off."""
DRAIN: Final = 64
"""Datagrams taken at a time from the socket of all plain requests, so that a flood leaves room for
other tasks. From that of a session one is taken: there is mostly one, and the loop comes again."""


@dataclass(frozen=True, slots=True)
class _Port:
    """A bound socket; `number` is its port."""

    socket: socket.socket
    number: int
    is_ipv6: bool
    is_shared: bool
    """Whether it is that of all plain requests."""

    @property
    def host(self) -> str:
        """The address it is bound to: any of its family."""
        return "::" if self.is_ipv6 else "0.0.0.0"  # noqa: S104 - a client is bound to all


class AsyncioTransport(Transport):
    """One socket for each family's plain requests, and one for each secured link.

    `interfaces` are the names of those that discovery asks on; None means all there are. Use it as
    an async context manager, or call `shut_down` at the end.
    """

    def __init__(
        self, *, entropy: Entropy | None = None, interfaces: Collection[str] | None = None
    ) -> None:
        super().__init__(ObtEngine(entropy=entropy or SystemEntropy()))
        self._loop = asyncio.get_running_loop()
        self._interfaces = interfaces
        self._ports: dict[tuple[bool, int], _Port] = {}
        self._shared: dict[bool, _Port] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._waits: dict[Callable[[], None], float] = {}
        """Until when each waits at most who waits now, by what lets it go on."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shut_down()

    def shut_down(self) -> None:
        """Close all links and sockets."""
        self._engine.close_all(self.now)
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
        for port in list(self._ports.values()):
            self._unbind(port)
        self._shared.clear()

    async def together(self, works: Sequence[Work], *, at_once: int) -> None:
        """Carry out pieces of work in so many tasks of the event loop.

        A task is cancelled where it waits, and may still clear up; errors of that are dropped in
        favour of the first.
        """
        left = deque(works)

        async def carry_out() -> None:
            while left:
                await left.popleft()()

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(at_once, len(works))):
                    tasks.create_task(carry_out())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None

    @property
    def now(self) -> float:
        """The event loop's time."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    def _shared_path(self, address: Address) -> Path:
        """Return the way from the port that all plain requests leave from."""
        return _path(self._shared_port(is_ipv6=address.is_ipv6), address)

    def _own_path(self, address: Address) -> Path:
        """Return a way from a new port, for a session of its own. Raises OSError."""
        return _path(self._bind(is_ipv6=address.is_ipv6), address)

    def _release(self, path: Path) -> None:
        port = self._ports.get((path.is_ipv6, path.local_port))
        if port is not None:
            self._unbind(port)

    def _group_paths(self) -> list[Path]:
        """Return the ways to OCF's groups, over each interface and family of this machine."""
        paths = []
        for is_ipv6, groups in ((False, GROUPS_IPV4), (True, GROUPS_IPV6)):
            # a machine may have one family only
            with suppress(OSError):
                port = self._shared_port(is_ipv6=is_ipv6)
                paths += [
                    Path(port.host, port.number, group, GROUP_PORT, interface=index)
                    for group in groups
                    for index, name in socket.if_nameindex()
                    if self._interfaces is None or name in self._interfaces
                ]
        return paths

    def _flush(self) -> None:
        """Send, and set the timer for what is due next."""
        self._send(self._engine.take_outgoing())
        self._wake_by(self._engine.next_deadline())

    def _wake_by(self, deadline: float | None) -> None:
        """Be called at a time at the latest, if there is one.

        One handle is enough for all links and all who wait: with each request some deadline moves
        on, and a call that comes too early looks for the next one.
        """
        if deadline is None or (self._timer is not None and self._timer.when() <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._on_time)

    async def _wait(self, mailbox: Mailbox[Any], deadline: float) -> None:
        """Wait until the mailbox has something, or the deadline has come.

        It raises in neither case.
        """
        ready = self._loop.create_future()

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        mailbox.on_ready = wake
        self._waits[wake] = deadline
        self._wake_by(deadline)
        try:
            await ready
        finally:
            del self._waits[wake]
            mailbox.on_ready = None

    def _on_time(self) -> None:
        """Let the engine repeat or give up what is due, and go on who has waited long enough."""
        self._timer = None
        now = self.now
        for wake, deadline in self._waits.items():
            if deadline <= now:
                wake()
        self._send(self._engine.tick(now))
        self._flush()
        self._wake_by(min(self._waits.values(), default=None))

    def _on_readable(self, port: _Port) -> None:
        """Take what has arrived."""
        for _ in range(DRAIN if port.is_shared else 1):
            try:
                datagram, peer, ours = _received(port)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error about an earlier datagram
            host = peer[0].partition("%")[0]
            path = Path(ours, port.number, host, peer[1], interface=_scope(peer))
            self._send(self._engine.receive(datagram, path, self.now))
        self._flush()

    def _send(self, outgoing: list[Outgoing]) -> None:
        """Send datagrams, each from the port that its path names."""
        for item in outgoing:
            port = self._ports.get((item.path.is_ipv6, item.path.local_port))
            if port is None:
                continue
            try:
                _send_to(port, item)
            except BlockingIOError:
                continue  # lost, like any other datagram
            except OSError as error:
                reason = error.strerror or str(error)
                self._engine.unreachable(item.path, reason, self.now)

    def _shared_port(self, *, is_ipv6: bool) -> _Port:
        """Return the port for plain requests of a family, bound when it is needed first."""
        if is_ipv6 not in self._shared:
            self._shared[is_ipv6] = self._bind(is_ipv6=is_ipv6, is_shared=True)
        return self._shared[is_ipv6]

    def _bind(self, *, is_ipv6: bool, is_shared: bool = False) -> _Port:
        """Bind a socket to a free port of one family, and have the loop read it.

        Raises OSError.
        """
        bound = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            bound.setblocking(False)
            if is_ipv6:
                # IPv4 has sockets of its own; mapped addresses would make two addresses of one
                # peer
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if is_shared:
                packet_info.ask_for(bound)
            bound.bind(("", 0))
        except OSError:
            bound.close()
            raise
        port = _Port(bound, bound.getsockname()[1], is_ipv6, is_shared)
        self._ports[is_ipv6, port.number] = port
        self._loop.add_reader(bound, partial(self._on_readable, port))
        return port

    def _unbind(self, port: _Port) -> None:
        """Stop reading a socket, and close it."""
        del self._ports[port.is_ipv6, port.number]
        self._loop.remove_reader(port.socket)
        port.socket.close()


def _received(port: _Port) -> tuple[bytes, tuple[Any, ...], str]:
    """Take a datagram from a port, with its peer and the address of ours that it came to.

    Raises OSError.
    """
    if not port.is_shared:
        return *port.socket.recvfrom(LARGEST_DATAGRAM), port.host
    datagram, told, _, peer = port.socket.recvmsg(LARGEST_DATAGRAM, packet_info.SIZE)
    ours = packet_info.destination(told)
    return datagram, peer, port.host if ours is None else ours[0]


def _path(port: _Port, address: Address) -> Path:
    """Return the way from a socket to an address, as the engine tells links apart by it."""
    return Path(port.host, port.number, address.host, address.port, interface=address.interface)


def _scope(peer: tuple[Any, ...]) -> int:
    """Return the interface of a peer, which the kernel tells of link-local ones only."""
    return int(peer[3]) if len(peer) == 4 else 0


def _send_to(port: _Port, item: Outgoing) -> None:
    """Send one datagram from the address that its path has as ours, if it has one.

    A group is reached on the interface that the path names. Raises OSError.
    """
    path = item.path
    peer: tuple[Any, ...] = (path.peer_host, path.peer_port)
    if port.is_ipv6:
        peer = (*peer, 0, path.interface)
    if path.local_host != port.host:
        leaving = packet_info.source(path.local_host, path.interface)
        port.socket.sendmsg([item.datagram], [leaving], 0, peer)
        return
    if path.peer_host in GROUPS_IPV4:
        # struct ip_mreqn: the group and our address stay open, the interface goes by its index
        choice = struct.pack("=4s4si", bytes(4), bytes(4), path.interface)
        port.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, choice)
    port.socket.sendto(item.datagram, peer)
