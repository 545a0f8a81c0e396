"""What a worker that is started again after a crash does with the devices that ran before."""

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from multiprocessing import Pipe
from pathlib import Path

import pytest

from onboardee.device.cli import host as hosting_room
from onboardee.device.cli.host import Host
from onboardee.device.cli.link import Link
from onboardee.device.cli.output import Log
from onboardee.device.cli.returning import Before, Begun, Returning
from onboardee.device.cli.unit import PlannedDevice, Unit, UnitOptions
from onboardee.device.events import DeviceNotStarted, DeviceReady, Event
from onboardee.device.machine.budget import Budgets
from onboardee.device.machine.device import Device
from onboardee.device.net.binding import Ports
from onboardee.device.simulation.profile import load
from onboardee.svrdb import JSON
from onboardee.wire.path import Endpoint

HOST = "127.0.0.1"
OPTIONS = UnitOptions(
    codec=JSON,
    verbose=False,
    given=frozenset(),
    keylog=None,
    watch=None,
    adopt=False,
    budgets=Budgets(),
    metering=None,
    dashboard=None,
    console=None,
    is_alone=False,
    is_crowd=True,
    speed=1.0,
)


@contextmanager
def light(name: str, home: Path, told: list[Event]) -> Iterator[Unit]:
    """Open the store of a light; what it tells is noted."""
    log = Log("json")
    unit = Unit(PlannedDevice(name, "light", load("light"), home / name), OPTIONS, log)
    unit.open()
    unit.bus.subscribe(told.append)
    try:
        yield unit
    finally:
        unit.close()
        log.close()


def taken() -> socket.socket:
    """Take a port."""
    found = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    found.bind((HOST, 0))
    return found


def places(*sockets: socket.socket) -> tuple[Endpoint, ...]:
    """Return the endpoints of a device with these sockets."""
    numbers = [each.getsockname()[1] for each in sockets]
    return tuple(
        Endpoint(scheme, HOST, number)
        for scheme, number in zip(("coap", "coaps"), numbers, strict=True)
    )


def link(before: Before) -> tuple[Link, list[Begun]]:
    """Make a link, and what has been told through it once it is read."""
    heard, answers = Pipe(duplex=False)
    _, lines = Pipe(duplex=False)
    told: list[Begun] = []

    class Noted(Link):
        """Hands on what it sent."""

        def tell(self, answer: object) -> None:
            super().tell(answer)  # type: ignore[arg-type]
            told.append(heard.recv())

    return Noted(devices=2, workers=2, lines=lines, answers=answers, before=before), told


async def test_a_port_that_is_taken_keeps_one_device_down_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It comes back to its own ports when they are free, as those who know it will ask there."""
    monkeypatch.setattr(hosting_room, "TRY_AGAIN", 0.01)
    first, second = (taken(), taken()), (taken(), taken())
    begun = {"one": places(*first), "two": places(*second)}
    for each in (*first[1:], *second):
        each.close()
    to_parent, told = link(Before(10.0, begun))
    returning = Returning(Ports((HOST,)), to_parent)
    one: list[Event] = []
    two: list[Event] = []
    with light("one", tmp_path, one) as unit, light("two", tmp_path, two) as other:
        host = Host(returning)
        is_ready = asyncio.Event()
        unit.bus.subscribe(lambda told: is_ready.set() if isinstance(told, DeviceReady) else None)
        try:
            await host.begin_in_time(unit)
            await host.begin_in_time(other)
            assert [str(each) for each in begun["two"]] == _reached(two)
            assert [type(each) for each in one] == [DeviceNotStarted]
            first[0].close()
            running = asyncio.create_task(host.timetable.run())
            await asyncio.wait_for(is_ready.wait(), 10)
            assert [str(each) for each in begun["one"]] == _reached(one)
            running.cancel()
        finally:
            await host.stop()
    assert told == []  # nothing that the parent does not know


def _reached(events: list[Event]) -> list[str]:
    """Return where a device told that it is reached; nothing before it is ready."""
    return [
        str(place) for each in events if isinstance(each, DeviceReady) for place in each.endpoints
    ]


async def test_the_parent_is_told_where_a_device_is_that_begins_later(tmp_path: Path) -> None:
    """So that it comes back there when its process crashes."""
    to_parent, told = link(Before())
    returning = Returning(Ports((HOST,)), to_parent)
    events: list[Event] = []
    with light("one", tmp_path, events) as unit:
        host = Host(returning)
        try:
            await host.begin_in_time(unit)
            returning.tell()
            returning.tell()
        finally:
            await host.stop()
    (begun,) = told
    assert [str(each) for each in begun["one"]] == _reached(events)


async def test_a_device_that_went_leaves_nothing_behind(tmp_path: Path) -> None:
    """However often devices come and go, memory holds those that are there."""
    with light("one", tmp_path, []) as unit:
        host = Host(Returning(Ports((HOST,))))
        try:
            before = devices_in_memory()
            for _ in range(5):
                await host.begin(unit)
                await host.end(unit)
            await host.begin(unit)
            assert devices_in_memory() == before + 1
        finally:
            await host.stop()


def devices_in_memory() -> int:
    """Count the devices that something still holds."""
    gc.collect()
    return sum(isinstance(each, Device) for each in gc.get_objects())


def test_a_device_that_has_run_does_not_wait_for_its_start_again() -> None:
    """The others start when they would have without the crash."""
    to_parent, _ = link(Before(10.0, {"one": ()}))
    returning = Returning(Ports(), to_parent)
    assert returning.is_again
    assert [returning.wait(name, 60.0) for name in ("one", "two")] == [0.0, 50.0]
    assert Returning(Ports()).wait("one", 60.0) == 60.0


def test_a_device_comes_back_to_ports_that_differ_by_address() -> None:
    """Where another program had the number of one address at the other, as may be with ::."""
    hosts = (HOST, "127.0.0.2")
    held = [taken() for _ in range(4)]
    kept = tuple(
        Endpoint(scheme, host, each.getsockname()[1])
        for each, (scheme, host) in zip(held, product(("coap", "coaps"), hosts), strict=True)
    )
    for each in held:
        each.close()
    returning = Returning(Ports(hosts), link(Before(0.0, {"one": kept}))[0])
    again = returning.ports("one").open()
    try:
        assert again.endpoints == kept
    finally:
        again.close()
