"""One device in an event loop: its sockets, its alarm clock, its disk, and the order of its steps.

What happens to a device is a call that returns a step. Here is where a step is acted upon: its
datagrams are sent, its events told, its database stored. Only the storing is in a thread; until it
is done what happens to this device waits, and all other devices go on.
"""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeAlias

from onboardee.device.events import DeviceFault, Event, PortShared
from onboardee.device.machine.device import Device, Keeper
from onboardee.device.machine.step import Fault, Step
from onboardee.device.net.advertising import with_ports
from onboardee.device.net.faults import FaultReporter
from onboardee.device.net.interfaces import ALL_HOSTS, reachable
from onboardee.device.net.udp import UdpSocket
from onboardee.device.net.waiting import Happening, Origin, Waiting
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint, Outgoing, Path

COAP_PORT: Final = 5683
DiskWork: TypeAlias = Callable[[], None]
"""Something slow with the storage, done in a thread. It raises nothing."""

AFTER_FAULT: Final = 1.0
"""Seconds after a fault in which the device does not look for what is due."""


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


class Alarm(Protocol):
    """A call that a clock has been asked for."""

    def when(self) -> float:
        """Return when it is due."""

    def cancel(self) -> None:
        """Call it off."""


class Clock(Protocol):
    """What devices need of time. An event loop is such a clock, and a test may have its own."""

    def time(self) -> float:
        """Return the present time in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> Alarm:
        """Call back at a time."""


class HostedDevice:
    """A device with its sockets and its alarm clock.

    Its steps follow each other strictly. What they store is stored in a thread of `writers`.
    """

    def __init__(
        self, device: Device, ports: Ports, writers: ThreadPoolExecutor, clock: Clock | None = None
    ) -> None:
        """Bind all sockets. Raises `BindError`."""
        self.device: Final = device
        self._loop = asyncio.get_running_loop()
        self._clock: Clock = clock or self._loop
        self._writers = writers
        self._storing: Future[Exception | None] | None = None
        self._working: Future[None] | None = None
        self._disk_work: deque[DiskWork] = deque()
        self._waiting = Waiting()
        self._faults = FaultReporter()
        self._not_before = 0.0
        self._is_started = False
        self._alarm: Alarm | None = None
        self._hosts = ports.hosts
        self._sockets: list[UdpSocket] = []
        self._shared: list[Endpoint] = []
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
        self._advertised = with_ports(ports.advertised, self.endpoints)
        self.tell_reachable()

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

    def tell_reachable(self) -> None:
        """Let the device know by which addresses it is reached now."""
        places = (*self._advertised, *reachable(self.endpoints))
        self.device.reachable_at = tuple(str(place) for place in places)

    def start(self) -> None:
        """Begin to answer."""
        for endpoint in reachable(self._shared):
            self._publish(PortShared(endpoint=str(endpoint)))
        everywhere = (*self.endpoints, *self._advertised)
        self._act_at_once(self.device.start(everywhere, self._clock.time()))
        while self._disk_work:
            self._disk_work.popleft()()
        self._is_started = True
        for opened in self._sockets:
            self._loop.add_reader(opened, opened.drain, self.receive)
        self._set_alarm()

    def stop(self) -> None:
        """Finish what is being written, say goodbye and give the ports back."""
        if self._alarm is not None:
            self._alarm.cancel()
        storing, self._storing = self._storing, None
        try:
            if storing is not None:
                self._act_at_once(self.device.stored(storing.result(), self._clock.time()))
            self._act_at_once(self.device.stop(self._clock.time()))
            if self._working is not None:
                self._working.result()
            for work in self._disk_work:
                work()
        finally:
            for opened in self._sockets:
                self._loop.remove_reader(opened)
            self._close_sockets()

    def receive(self, datagram: bytes, path: Path) -> None:
        """Hand a datagram to the device and send what it answers. Raises nothing."""
        happening = partial(self.device.receive, datagram, path)
        if self._is_busy:
            is_known = path.secured and self.device.has_session_with(path)
            self._waiting.put(happening, Origin.SESSION if is_known else Origin.STRANGER)
            return
        self._take(happening)
        self._go_on()

    def do(self, happening: Happening) -> None:
        """Let something happen to the device, as soon as it can."""
        self._waiting.put(happening)
        self._go_on()

    def do_on_disk(self, work: DiskWork) -> None:
        """Do something slow with the device's storage, between two things that it stores."""
        self._disk_work.append(work)
        if self._is_started:
            self._go_on()

    async def finish(self) -> None:
        """Wait until all that was begun before is done, and written."""
        done = self._loop.create_future()

        def last(_now: float) -> Step:
            if not done.done():
                done.set_result(None)
            return Step()

        self.do(last)
        await done

    def receive_multicast(self, datagram: bytes, path: Path, local: str) -> None:
        """Take a datagram sent to a group, as one that is answered from our own plain port.

        `local` is our address towards the sender.
        """
        family = socket.AF_INET6 if path.is_ipv6 else socket.AF_INET
        for opened in self._sockets:
            if opened.family != family or opened.secured:
                continue
            if opened.host in {local, *ALL_HOSTS}:
                answered = Path(
                    local_host=local,
                    local_port=opened.port,
                    peer_host=path.peer_host,
                    peer_port=path.peer_port,
                    interface=path.interface,
                    multicast=True,
                    on_link=path.on_link,
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
            is_shared = wanted == COAP_PORT and _is_taken(host, wanted)
            try:
                opened = _bound(host, wanted, fallback=port, secured=secured)
            except OSError as error:
                if is_optional:
                    continue  # a machine without IPv6
                raise BindError(_explain(host, wanted, error)) from error
            self._sockets.append(opened)
            if is_shared:
                self._shared.append(Endpoint("coaps" if secured else "coap", host, opened.port))
            wanted = opened.port  # the same number for every address, where it is free

    @property
    def _is_busy(self) -> bool:
        return self._storing is not None or self._working is not None

    def _take(self, happening: Happening) -> None:
        """Let something happen, and act upon what comes of it.

        No exception gets further than here: should there be one, it is a fault of ours. The log
        tells of it, and everybody else is served on.
        """
        try:
            self._act(happening(self._clock.time()))
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._meet(Fault(error, None))

    def _act(self, step: Step) -> None:
        """Send, tell, and begin to store."""
        self._send(step.send)
        for event in step.events:
            self._publish(event)
        for fault in step.faults:
            self._meet(fault)
        if step.store is not None:
            self._storing = self._writers.submit(_stored, self.device.store, step.store)
            self._storing.add_done_callback(partial(self._wake, self._on_stored))

    def _act_at_once(self, step: Step) -> None:
        """Act upon a step before or after the loop serves others: wait for the disk."""
        while True:
            wanted, step.store = step.store, None
            self._act(step)
            if wanted is None:
                return
            failure = _stored(self.device.store, wanted)
            step = self.device.stored(failure, self._clock.time())

    def _meet(self, fault: Fault) -> None:
        now = self._clock.time()
        self._not_before = now + AFTER_FAULT
        peer = None if fault.peer is None else str(fault.peer)
        for event in self._faults.events(fault.error, peer, now):
            self._publish(event)

    def _publish(self, event: Event) -> None:
        """Tell everybody; who fails at hearing it changes nothing but that others are told so."""
        for error in self.device.bus.publish(event):
            if not isinstance(event, DeviceFault):
                self._meet(Fault(error, None))

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
        """Let happen what waits, until the disk has to be waited for."""
        while not self._is_busy:
            if self._disk_work:
                self._working = self._writers.submit(self._disk_work.popleft())
                self._working.add_done_callback(partial(self._wake, self._on_worked))
            elif self._waiting:
                self._take(self._waiting.take())
            else:
                self._set_alarm()
                return

    def _wake(self, callback: Callable[[], None], _done: object) -> None:
        """Tell the loop, from the thread of the disk, that something is done."""
        # a loop that was closed meanwhile: `stop` has waited for the result
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)

    def _on_stored(self) -> None:
        storing, self._storing = self._storing, None
        if storing is None:
            return  # `stop` took it
        self._take(lambda now: self.device.stored(storing.result(), now))
        self._go_on()

    def _on_worked(self) -> None:
        working, self._working = self._working, None
        error = None if working is None else working.exception()
        if isinstance(error, Exception):
            self._meet(Fault(error, None))
        self._go_on()

    def _set_alarm(self) -> None:
        deadline = self.device.next_deadline()
        if deadline is not None:
            deadline = max(deadline, self._not_before)
        if self._alarm is not None:
            if deadline == self._alarm.when():
                return
            self._alarm.cancel()
            self._alarm = None
        if deadline is not None:
            self._alarm = self._clock.call_at(deadline, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        if not self._is_busy:
            self.do(self.device.tick)

    def _close_sockets(self) -> None:
        for opened in self._sockets:
            opened.close()


def _stored(store: Keeper, database: Database) -> Exception | None:
    """Store a database; return why that was not possible."""
    try:
        store.commit(database)
    except Exception as error:  # noqa: BLE001 - the device knows what to make of it
        return error
    return None


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
    family = socket.AF_INET6 if path.is_ipv6 else socket.AF_INET
    peer: tuple[str, int] | tuple[str, int, int, int] = (path.peer_host, path.peer_port)
    if path.is_ipv6:
        peer = (path.peer_host, path.peer_port, 0, path.interface)
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(peer)
            host: str = probe.getsockname()[0]
    except OSError:
        return None
    return host
