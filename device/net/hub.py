"""Hosts devices in an event loop: one device or a thousand, none with a task of its own."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from device.core import Device
from device.events import DeviceReady, MulticastChanged
from device.net.interfaces import interfaces
from device.net.multicast import Membership, MulticastReceiver
from device.net.udp import UdpSocket
from device.path import Endpoint, Outgoing, Path

ALL_HOSTS: Final = ("0.0.0.0", "::")  # noqa: S104 - a device is there to be found
COAP_PORT: Final = 5683
WRITERS: Final = 4
"""Threads that wait for disks, for all devices of the process together."""
MAX_WAITING: Final = 256
"""Datagrams that wait while a device writes; what exceeds them is lost, as in any socket."""

Step: TypeAlias = Callable[[float], Sequence[Outgoing]]
"""Something that a device does at a given time, with what it sends."""


class BindError(Exception):
    """A socket cannot be bound; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a device listens. Port 0 is any free one, no hosts are all of this machine."""

    hosts: tuple[str, ...] = ()
    plain: int = 0
    secure: int = 0


class HostedDevice:
    """A device with its sockets and its alarm clock.

    Its steps follow each other strictly. Those that write to disk are done in a thread of
    `writers`; meanwhile what arrives for this device waits, and all other devices go on.
    """

    def __init__(self, device: Device, ports: Ports, writers: ThreadPoolExecutor) -> None:
        """Bind all sockets. Raises `BindError`."""
        self.device: Final = device
        self._loop = asyncio.get_running_loop()
        self._writers = writers
        self._writing: Future[Sequence[Outgoing]] | None = None
        self._waiting: deque[Step] = deque()
        self._alarm: asyncio.TimerHandle | None = None
        self._hosts = ports.hosts
        self._sockets: list[UdpSocket] = []
        try:
            self._bind(ports.plain, secured=False)
            self._bind(ports.secure, secured=True)
        except BindError:
            self._close_sockets()
            raise
        self._by_port = {
            (opened.family, opened.host, opened.port): opened for opened in self._sockets
        }
        self._wildcards = {
            (opened.family, opened.port): opened
            for opened in self._sockets
            if opened.host in ALL_HOSTS
        }
        device.endpoints = self.endpoints
        device.defers_writes = True

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The bound sockets."""
        return tuple(
            Endpoint("coaps" if opened.secured else "coap", opened.host, opened.port)
            for opened in self._sockets
        )

    @property
    def waiting(self) -> int:
        """How many steps wait for the disk."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to answer."""
        self.device.start(self._loop.time())
        for opened in self._sockets:
            self._loop.add_reader(opened, opened.drain, self.receive)
        self._set_alarm()

    def stop(self) -> None:
        """Finish what is being written, say goodbye and give the ports back."""
        if self._alarm is not None:
            self._alarm.cancel()
        if self._writing is not None:
            self._send(self._writing.result())
            self._writing = None
        self._send(self.device.stop(self._loop.time()))
        for opened in self._sockets:
            self._loop.remove_reader(opened)
        self._close_sockets()

    def receive(self, datagram: bytes, path: Path) -> None:
        """Hand a datagram to the device and send what it answers."""
        if self._writing is not None:
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(partial(self.device.receive, datagram, path))
            return
        self._send(self.device.receive(datagram, path, self._loop.time()))
        self._go_on()

    def do(self, step: Step) -> None:
        """Let the device take a step, as soon as it can."""
        self._waiting.append(step)
        self._go_on()

    def receive_multicast(self, datagram: bytes, path: Path) -> None:
        """Take a datagram sent to a group, as one that is answered from our own plain port."""
        family = socket.AF_INET6 if path.is_ipv6 else socket.AF_INET
        local = _address_towards(path)
        for opened in self._sockets:
            if opened.family != family or opened.secured or local is None:
                continue
            if opened.host in {local, *ALL_HOSTS}:
                answered = Path(
                    local_host=local,
                    local_port=opened.port,
                    peer_host=path.peer_host,
                    peer_port=path.peer_port,
                    interface=path.interface,
                    multicast=True,
                )
                self.receive(datagram, answered)
                return

    def press_reset(self) -> None:
        """Press the device's reset button."""
        self.do(self.device.press_reset)

    def _bind(self, port: int, *, secured: bool) -> None:
        wanted = port
        for host in self._hosts or ALL_HOSTS:
            is_optional = not self._hosts and host == "::"
            try:
                opened = _bound(host, wanted, fallback=port, secured=secured)
            except OSError as error:
                if is_optional:
                    continue  # a machine without IPv6
                raise BindError(_explain(host, wanted, error)) from error
            self._sockets.append(opened)
            wanted = opened.port  # the same number for every address, where it is free

    def _send(self, outgoing: Sequence[Outgoing]) -> None:
        for item in outgoing:
            path = item.path
            family = socket.AF_INET6 if path.is_ipv6 else socket.AF_INET
            opened = self._wildcards.get((family, path.local_port)) or self._by_port.get(
                (family, path.local_host, path.local_port)
            )
            if opened is not None:
                opened.send(item)

    def _go_on(self) -> None:
        """Take the steps that wait, until one of them has to write."""
        while self._writing is None:
            if self.device.has_work:
                self._writing = self._writers.submit(self.device.work, self._loop.time())
                self._writing.add_done_callback(self._wake)
            elif self._waiting:
                self._send(self._waiting.popleft()(self._loop.time()))
            else:
                self._set_alarm()
                return

    def _wake(self, _written: object) -> None:
        """Tell the loop, from the thread that wrote, that it is done."""
        # a loop that was closed meanwhile: `stop` has waited for the result
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._on_written)

    def _on_written(self) -> None:
        written, self._writing = self._writing, None
        if written is None:
            return  # `stop` took it
        try:
            self._send(written.result())
        finally:
            self._go_on()

    def _set_alarm(self) -> None:
        deadline = self.device.next_deadline()
        if self._alarm is not None:
            if deadline == self._alarm.when():
                return
            self._alarm.cancel()
            self._alarm = None
        if deadline is not None:
            self._alarm = self._loop.call_at(deadline, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        if self._writing is None:
            self.do(self.device.tick)

    def _close_sockets(self) -> None:
        for opened in self._sockets:
            opened.close()


class Hub:
    """The devices of this process and what they share."""

    def __init__(self) -> None:
        self._hosted: list[HostedDevice] = []
        self._multicast = MulticastReceiver(self._offer, self._report)
        self._is_receiving = False
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="onboardee-writer")

    def add(self, device: Device, ports: Ports) -> HostedDevice:
        """Bind and start a device. Raises `BindError`."""
        hosted = HostedDevice(device, ports, self._writers)
        self._hosted.append(hosted)
        hosted.start()
        if not self._is_receiving and not _is_loopback_only(ports):
            self._is_receiving = True
            self._multicast.start()
        database = device.database
        device.bus.publish(
            DeviceReady(
                device_uuid=database.doxm.device_uuid,
                state=database.state.name,
                endpoints=tuple(_reachable(hosted.endpoints)),
            )
        )
        return hosted

    def stop(self) -> None:
        """Stop everything."""
        self._multicast.stop()
        for hosted in self._hosted:
            hosted.stop()
        self._hosted.clear()
        self._writers.shutdown()

    def _offer(self, datagram: bytes, path: Path) -> None:
        for hosted in self._hosted:
            hosted.receive_multicast(datagram, path)

    def _report(self, membership: Membership) -> None:
        for hosted in self._hosted:
            hosted.device.bus.publish(
                MulticastChanged(joined=membership.joined, failed=membership.failed)
            )


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


def _explain(host: str, port: int, error: OSError) -> str:
    place = Endpoint("udp", host, port)
    return f"cannot listen at {place}: {error.strerror or error}; choose another address or port"


def _address_towards(path: Path) -> str | None:
    """Return the local address from which an answer to `path`'s peer leaves."""
    family = socket.AF_INET6 if path.is_ipv6 else socket.AF_INET
    peer: tuple[str, int] | tuple[str, int, int, int] = (path.peer_host, path.peer_port)
    if path.is_ipv6:
        peer = (path.peer_host, path.peer_port, 0, path.interface)
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(peer)
        except OSError:
            return None
        host: str = probe.getsockname()[0]
        return host


def _is_loopback_only(ports: Ports) -> bool:
    return bool(ports.hosts) and all(
        host == "::1" or host.startswith("127.") for host in ports.hosts
    )


def _reachable(endpoints: Sequence[Endpoint]) -> list[str]:
    """List where the endpoints can be reached, with addresses in place of wildcards."""
    known = sorted(interfaces(), key=lambda interface: (interface.is_loopback, interface.name))
    shown: list[str] = []
    for endpoint in endpoints:
        if endpoint.host not in ALL_HOSTS:
            shown.append(str(endpoint))
            continue
        for interface in known:
            hosts = interface.ipv6 if endpoint.is_ipv6 else interface.ipv4
            shown += [str(Endpoint(endpoint.scheme, host, endpoint.port)) for host in hosts]
    return shown
