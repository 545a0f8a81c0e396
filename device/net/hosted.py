"""One device in an event loop: its sockets, its alarm clock, its disk, and the order of its steps.

What happens to a device is a call that returns a step. Here is where a step is acted upon: its
datagrams are sent, its events told, its database stored. Only the storing is in a thread; until it
is done what happens to this device waits, and all other devices go on.

    idle ──happening──► step ──nothing to store──► idle
                         │ ▲
               to store  ▼ │ the rest of it: the answer that had to wait
                       storing ◄── happenings wait, sessions before strangers when room is short

Sending comes before telling, so that a slow subscriber delays no answer, and both before storing,
as neither says anything that the disk might still take back: what depends on it is in the step
after `stored`. Whatever raises, in the device or in a subscriber, is told as an event and costs
nobody else anything; it must not be possible to stop a process by a datagram.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Final, TypeAlias

from onboardee.device.events import DeviceFault, Event, PortShared
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import ProgramFault, Step, try_to_store
from onboardee.device.net.fault_reporter import FaultReporter
from onboardee.device.net.places import DeviceSockets, Place
from onboardee.device.net.turns import Alarm, Clock
from onboardee.device.net.waiting import Origin, StepMaker, Waiting
from onboardee.device.net.wake_ups import Call, WakeUps
from onboardee.svrdb import Store
from onboardee.svrdb.model import Database
from onboardee.wire.path import Endpoint, Path

Stored: TypeAlias = SimpleQueue[Exception | None]
"""Where the disk says, once, what became of a database; whoever asks before waits."""
DiskWork: TypeAlias = Callable[[], None]
"""Something slow with the storage, done in a thread. It raises nothing."""

AFTER_FAULT: Final = 1.0
"""Seconds after a fault in which the device does not look for what is due."""


class HostedDevice:
    """A device with its sockets and its alarm clock.

    Its steps follow each other strictly. What they store is stored in a thread of `writers`.
    """

    def __init__(
        self,
        device: AnyDevice,
        place: Place,
        writers: ThreadPoolExecutor,
        wake_ups: WakeUps,
        clock: Clock | None = None,
    ) -> None:
        """Take the place where the device is reached. Raises `BindError`."""
        self.device = device
        self._loop = asyncio.get_running_loop()
        self._clock: Clock = self._loop if clock is None else clock
        self._writers = writers
        self._wake_ups = wake_ups
        self._storing: Stored | None = None
        self._working: Future[None] | None = None
        self._disk_work: list[DiskWork] = []
        self._waiting = Waiting()
        self._faults = FaultReporter()
        self._not_before = 0.0
        self._is_started = False
        self._alarm: Alarm | None = None
        self._sockets: DeviceSockets = place.open()
        self.tell_reachable()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The bound sockets."""
        return self._sockets.endpoints

    @property
    def plain_port(self) -> int:
        """The port for coap, the same at all addresses unless somebody else had it at one."""
        return next(each.port for each in self.endpoints if each.scheme == "coap")

    @property
    def secure_port(self) -> int:
        """The port for coaps."""
        return next(each.port for each in self.endpoints if each.scheme == "coaps")

    @property
    def waiting(self) -> int:
        """How many steps wait for the disk."""
        return len(self._waiting)

    def tell_reachable(self) -> None:
        """Let the device know by which addresses it is reached now."""
        self.device.reachable_at = self._sockets.reachable_at()

    def start(self) -> None:
        """Begin to answer."""
        for endpoint in self._sockets.shared:
            self._publish(PortShared(endpoint=str(endpoint)))
        started = self.device.start(self._sockets.announced, self._clock.time())
        self._act_at_once(started)
        while self._disk_work:
            self._disk_work.pop(0)()
        self._is_started = True
        self._sockets.listen(self._loop, self._hear, self._go_on)
        self._set_alarm()

    def stop(self) -> None:
        """Finish what is being written, say goodbye and give the ports back."""
        if self._alarm is not None:
            self._alarm.cancel()
        storing, self._storing = self._storing, None
        try:
            if storing is not None:
                self._act_at_once(self.device.stored(storing.get(), self._clock.time()))
            self._act_at_once(self.device.stop(self._clock.time()))
            if self._working is not None:
                self._working.result()
            for work in self._disk_work:
                work()
        finally:
            self._sockets.close()

    def receive(self, datagram: bytes, path: Path) -> None:
        """Hand a datagram to the device and send what it answers. Raises nothing."""
        self._hear(datagram, path)
        self._go_on()

    def do(self, happening: StepMaker) -> None:
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
        answered = self._sockets.answering(path, local)
        if answered is not None:
            self.receive(datagram, answered)

    def surround(self, device: AnyDevice) -> None:
        """Host the same device with something more around it; called between two of its steps."""
        self.device = device

    def press_reset(self) -> None:
        """Press the device's reset button."""
        self.do(self.device.press_reset)

    @property
    def _is_busy(self) -> bool:
        """Whether nothing may happen to the device: the disk has something of it."""
        return self._storing is not None or self._working is not None

    def _hear(self, datagram: bytes, path: Path) -> None:
        """Hand a datagram to the device, or let it wait while the disk works."""
        if self._is_busy:
            is_known = path.secured and self.device.has_session_with(path)
            happening = partial(self.device.receive, datagram, path)
            self._waiting.put(happening, Origin.SESSION if is_known else Origin.STRANGER)
            return
        try:
            self._act(self.device.receive(datagram, path, self._clock.time()))
        except Exception as error:  # noqa: BLE001 - as in `_take`, which is for all else
            self._meet(ProgramFault(error, None))

    def _take(self, happening: StepMaker) -> None:
        """Let something happen, and act upon what comes of it.

        No exception gets further than here: should there be one, it is a fault of ours. The log
        tells of it, and everybody else is served on.
        """
        try:
            self._act(happening(self._clock.time()))
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._meet(ProgramFault(error, None))

    def _act(self, step: Step) -> None:
        """Send, tell, and begin to store."""
        if step.send:
            self._sockets.send(step.send)
        for event in step.events:
            self._publish(event)
        for fault in step.faults:
            self._meet(fault)
        if step.store is not None:
            self._storing = self._begin_to_store(step.store)

    def _begin_to_store(self, database: Database) -> Stored:
        """Store a database, in a thread unless the storage can be told without waiting for it."""
        store = self.device.store
        stored: Stored = SimpleQueue()

        def store_in_thread() -> None:
            stored.put(try_to_store(store, database))
            self._wake_ups.add(self._on_stored)()

        def done(failure: Exception | None) -> Call | None:
            if failure is not None:
                self._writers.submit(store_in_thread)
                return None
            stored.put(None)
            return self._wake_ups.add(self._on_stored)

        if not (isinstance(store, Store) and store.begin_commit(database, done)):
            self._writers.submit(store_in_thread)
        return stored

    def _act_at_once(self, step: Step) -> None:
        """Act upon a step before or after the loop serves others: wait for the disk."""
        while True:
            wanted, step.store = step.store, None
            self._act(step)
            if wanted is None:
                return
            failure = try_to_store(self.device.store, wanted)
            step = self.device.stored(failure, self._clock.time())

    def _meet(self, fault: ProgramFault) -> None:
        """Tell of a fault. What is due is left alone for a moment, lest it fail in every turn."""
        now = self._clock.time()
        self._not_before = now + AFTER_FAULT
        peer = None if fault.peer is None else str(fault.peer)
        for event in self._faults.events(fault.error, peer, now):
            self._publish(event)

    def _publish(self, event: Event) -> None:
        """Tell everybody; who fails at hearing it changes nothing but that others are told so."""
        for error in self.device.bus.publish(event):
            if not isinstance(event, DeviceFault):
                self._meet(ProgramFault(error, None))

    def _go_on(self) -> None:
        """Let happen what waits, until the disk has to be waited for."""
        while not self._is_busy:
            if self._disk_work:
                self._working = self._writers.submit(self._disk_work.pop(0))
                self._working.add_done_callback(self._wake_after_work)
            elif self._waiting:
                self._take(self._waiting.take())
            else:
                self._set_alarm()
                return

    def _on_stored(self) -> None:
        """Go on with the step that waited for the disk, and then with what waited behind it."""
        storing, self._storing = self._storing, None
        if storing is None:
            return  # `stop` took it
        self._take(partial(self.device.stored, storing.get()))
        self._go_on()

    def _wake_after_work(self, _done: object) -> None:
        """Tell the loop, from the thread of the disk."""
        self._wake_ups.add(self._on_worked)()

    def _on_worked(self) -> None:
        """Go on after slow work with the storage that no step has asked for."""
        working, self._working = self._working, None
        error = None if working is None else working.exception()
        if isinstance(error, Exception):
            self._meet(ProgramFault(error, None))
        self._go_on()

    def _set_alarm(self) -> None:
        """Be woken when the device has something to do by itself, and no sooner than need be."""
        deadline = self.device.next_deadline()
        if deadline is not None:
            deadline = max(deadline, self._not_before)
        if self._alarm is not None:
            # one that comes too early is set again then: with each request some deadline moves on
            if deadline is not None and self._alarm.when() <= deadline:
                return
            self._alarm.cancel()
            self._alarm = None
        if deadline is not None:
            self._alarm = self._clock.call_at(deadline, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        if not self._is_busy:
            self.do(self.device.tick)
