"""Running devices in this process until somebody stops it.

Whatever can fail for a device that is to run from the beginning fails before any of them runs: all
stores are opened and all devices made, then `Host` serves them, and those that come and go.
"""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onboardee.device.cli.host import Host
from onboardee.device.cli.huge_pages import CROWD, use_huge_pages
from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.limits import allow_many_files
from onboardee.device.cli.output import Log
from onboardee.device.cli.returning import Returning
from onboardee.device.cli.terminal import progress
from onboardee.device.cli.unit import PlannedDevice, Unit, UnitOptions
from onboardee.device.machine.budget import Budgets
from onboardee.device.net.addresses import Addresses
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.net.hub import WRITERS
from onboardee.svrdb.codec import Codec

if TYPE_CHECKING:
    from onboardee.device.cli.console.console import Console
    from onboardee.device.cli.link import Link
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.metrics.serving import Metering
    from onboardee.device.web.serving import Dashboard


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How all devices of this process run."""

    ports: Ports
    codec: Codec
    log_format: str
    verbose: bool
    given: frozenset[str] = frozenset()
    """The options of the command line that somebody gave."""
    keylog: KeyWriter | None = None
    watch: "WatchOptions | None" = None
    adopt: bool = False
    addresses: Addresses | None = None
    """Gives each device an address of its own, in place of ports of its own."""
    speed: float = 1.0
    """Seconds of the devices' worlds in one of the wall; 0: they stand still."""
    metering: "Metering | None" = None
    """What measures the devices for Prometheus."""
    dashboard: "Dashboard | None" = None
    """What shows the devices in a browser."""
    console: "Console | None" = None
    """What shows them on the terminal, with their log."""
    budgets: Budgets = field(default_factory=Budgets)
    """How much may be sent in the clear, for all devices together."""
    devices: int = 1
    """That this run has, in all processes."""
    link: "Link | None" = None
    """To the process of which this one is a worker."""


def run(planned: Sequence[PlannedDevice], options: HostOptions) -> None:
    """Run the devices until SIGINT or SIGTERM.

    Raises `StoreError`, `BehaviourError`, `BindError` or OSError, and then none runs.

    Every device is made before the first one is served.
    """
    allow_many_files()
    log = Log(options.log_format, writer=options.console)
    with ExitStack() as ending:
        # Nothing is garbage while devices are made, and each look for it takes as long as there
        # are devices already.
        ending.callback(gc.enable)
        gc.disable()
        ending.callback(log.close)
        if options.watch is not None:
            ending.callback(options.watch.close)
        shared = _shared(options)
        units = [Unit(device, shared, log) for device in planned]
        ending.callback(_together, Unit.close, units)
        _together(Unit.open, units, "opened")
        for unit in units:
            unit.tell_beginning()
            if options.dashboard is not None:
                options.dashboard.add(unit.bus, unit.store)
            if options.console is not None:
                options.console.add(unit.bus)
        asyncio.run(_serve(units, options, log))


def _together(act: Callable[[Unit], None], units: Sequence[Unit], done: str = "") -> None:
    """Do with all units what waits for the disk, several at a time: a disk does more at once.

    Raises what the first of them raises that fails.
    """
    if len(units) == 1:
        act(units[0])
        return
    with ThreadPoolExecutor(WRITERS) as threads:
        for count, _ in enumerate(threads.map(act, units), 1):
            if done:
                progress(count, len(units), done)


def _shared(options: HostOptions) -> UnitOptions:
    return UnitOptions(
        codec=options.codec,
        verbose=options.verbose,
        given=options.given,
        keylog=options.keylog,
        watch=options.watch,
        adopt=options.adopt,
        budgets=options.budgets,
        metering=options.metering,
        dashboard=options.dashboard,
        console=options.console,
        is_alone=options.devices == 1,
        is_crowd=options.devices > CROWD,
        speed=options.speed,
    )


async def _serve(units: Sequence[Unit], options: HostOptions, log: Log) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    # Both end the devices in order, so that peers are told and journals are folded in.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if options.link is not None:
        options.link.when_parent_ends(loop, stopped)
    began = loop.time()
    returning = Returning(options.ports, options.link)
    host = Host(returning, options.addresses, options.dashboard, options.console)
    async with AsyncExitStack() as ending:
        if options.addresses is not None:
            options.addresses.open()
            ending.callback(options.addresses.close)
        ending.push_async_callback(host.stop)
        ending.callback(_on_screen(options.console, loop, stopped.set))
        if options.metering is not None:
            ending.callback(_metered(options.metering))
        if (dashboard := options.dashboard) is not None:
            ending.push_async_callback(dashboard.stop)
            place = None if options.link is None else options.link.web
            await shown(dashboard.serve() if place is None else dashboard.serve_at(place))
            if place is None:
                log.write("web.ready", {"url": dashboard.url})
        for unit in units:
            await host.begin_in_time(unit)
        returning.tell()
        _arrange_memory(units)
        if options.link is not None:
            options.link.ready(len(host))
        elif len(units) > CROWD:
            log.write("fleet.ready", ready_fields(len(host), len(units), loop.time() - began))
        coming_and_going = asyncio.create_task(host.timetable.run())
        ending.push_async_callback(_cancelled, coming_and_going)
        await stopped.wait()


def ready_fields(running: int, of: int, seconds: float) -> dict[str, float]:
    """Return what `fleet.ready` tells: how many run, and how many start later, if any do."""
    later = {"later": of - running} if of > running else {}
    return {"devices": running, **later, "seconds": round(seconds, 2)}


def _arrange_memory(units: Sequence[Unit]) -> None:
    """Look for garbage from now on, but not in devices that stay: that would take seconds.

    A crowd of devices is put into huge pages.
    """
    if len(units) > CROWD:
        use_huge_pages()
    if not any(unit.planned.churn for unit in units):
        gc.freeze()
    gc.enable()


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _on_screen(
    console: "Console | None", loop: asyncio.AbstractEventLoop, stop: Callable[[], None]
) -> Callable[[], None]:
    """Show the devices on the terminal from now on, if there is one; return what ends that."""
    if console is None:
        return lambda: None
    console.open(loop, stop)
    return console.hide


def _metered(metering: "Metering") -> Callable[[], None]:
    """Answer Prometheus from now on. Raises `BindError`."""
    try:
        return metering.serve()
    except OSError as error:
        reason = f"cannot answer Prometheus: {error.strerror or error}"
        raise BindError(f"{reason}; choose another address or port for --metrics") from error


async def shown(serving: Awaitable[None]) -> None:
    """Wait until a dashboard serves. Raises `BindError` where it cannot."""
    try:
        await serving
    except OSError as error:
        reason = f"cannot show devices in a browser: {error.strerror or error}"
        raise BindError(f"{reason}; choose another address or port for --web") from error
