"""The devices of a process: one or a thousand in one event loop, none with a task of its own.

What they share is here, and nothing else about them: the membership of OCF's multicast groups, as
one socket of a group serves all (`multicast`); the threads in which databases are stored; and the
turns that devices take when many have something to do at the same moment. A search by multicast is
such a moment: it is handed to one device after the other, with the loop free for others in between.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from onboardee.device.events import Bus, DeviceReady, MulticastChanged, MulticastUnavailable
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.binding import address_towards
from onboardee.device.net.hosted import HostedDevice
from onboardee.device.net.multicast import Membership, MulticastReceiver
from onboardee.device.net.places import Place
from onboardee.device.net.turns import Clock, Pieces, Turns
from onboardee.device.net.wake_ups import WakeUps
from onboardee.wire.path import Path

WRITERS: Final = 32
"""Threads that wait for disks, for all devices of the process: what they wait for at the same time
the disk does at once."""


MAX_SEARCHES: Final = 64
"""Datagrams of groups that are being handed to devices; further ones are lost, as in a socket."""


class Hub:
    """The devices of this process and what they share."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._given_clock = clock
        self.turns: Turns | None = None
        """What takes turns in the loop, once there is a device."""
        self._wake_ups: WakeUps | None = None
        self._searches = 0
        self._hosted: dict[Bus, HostedDevice] = {}
        """By the bus of each device, in the order in which they were added."""
        self._multicast = MulticastReceiver(self.offer_to_all, self._report)
        self._is_receiving = False
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="onboardee-writer")

    def add(self, device: AnyDevice, place: Place) -> HostedDevice:
        """Start a device at a place. Raises `BindError`."""
        if self.turns is None:
            self.turns = Turns(asyncio.get_running_loop())
        if self._wake_ups is None:
            self._wake_ups = WakeUps(asyncio.get_running_loop())
        clock = self.turns if self._given_clock is None else self._given_clock
        hosted = HostedDevice(device, place, self._writers, self._wake_ups, clock)
        self._hosted[device.bus] = hosted
        hosted.start()
        if not self._is_receiving and not place.is_loopback_only:
            self._is_receiving = True
            self._multicast.start()
        database = device.database
        device.bus.publish(
            DeviceReady(
                device_uuid=database.doxm.device_uuid,
                state=database.state.name,
                endpoints=device.reachable_at,
            )
        )
        return hosted

    def do_on_disk(self, bus: Bus, work: Callable[[], None]) -> None:
        """Do something slow with the storage of the device with this bus, between two changes."""
        hosted = self._hosted.get(bus)
        if hosted is not None:
            hosted.do_on_disk(work)

    def remove(self, hosted: HostedDevice) -> None:
        """Stop one device; the others go on."""
        del self._hosted[hosted.device.bus]
        hosted.stop()

    def stop(self) -> None:
        """Stop everything; a device that fails at it keeps no other from stopping."""
        if self.turns is not None:
            self.turns.stop()
        with ExitStack() as remaining:
            remaining.callback(self._writers.shutdown)
            while self._hosted:
                remaining.callback(self._hosted.popitem()[1].stop)
            self._multicast.stop()

    def offer_to_all(self, datagram: bytes, path: Path) -> None:
        """Hand a datagram of a group to all devices; what exceeds what is at work is lost."""
        local = address_towards(path)
        if local is not None and self.turns is not None and self._searches < MAX_SEARCHES:
            self._searches += 1
            self.turns.do(self._offered(datagram, path, local))

    def _offered(self, datagram: bytes, path: Path, local: str) -> Pieces:
        """Hand a datagram to one device after the other, each a piece of work."""
        try:
            for hosted in tuple(self._hosted.values()):
                hosted.receive_multicast(datagram, path, local)
                yield
        finally:
            self._searches -= 1

    def _report(self, membership: Membership) -> None:
        """Let every device know, and tell, by which groups and addresses it is reached now."""
        if self.turns is not None:
            self.turns.do_now(self._told(membership))

    def _told(self, membership: Membership) -> Pieces:
        """Tell one device after the other, each a piece of work."""
        for hosted in tuple(self._hosted.values()):
            hosted.tell_reachable()
            bus = hosted.device.bus
            bus.publish(MulticastChanged(joined=membership.joined, failed=membership.failed))
            if not membership.is_for_others:
                bus.publish(MulticastUnavailable(failed=membership.failed))
            yield
