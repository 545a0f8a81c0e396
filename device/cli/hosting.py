"""Running devices in this process until somebody stops it: stores, sockets, logs.

All devices of a process share one event loop, one log and one thread for the disk; each has a bus,
a store and a control socket of its own. What is opened is closed in the reverse order, also when a
device cannot be started: `ExitStack` holds all of it. Nothing is started before every store is open
and every profile is built, so that either all devices run or none.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.origin import settle_origin
from onboardee.device.cli.output import EventLog, Log
from onboardee.device.events import (
    Bus,
    ControlUnavailable,
    EntropySeeded,
    Event,
    KeylogFailed,
    OptionIgnored,
)
from onboardee.device.events.automatic_snapshots import keep_snapshots
from onboardee.device.faults.building import Maker
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.budget import Budgets
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.net.binding import BindError, Ports
from onboardee.device.net.control import ControlServer
from onboardee.device.net.hub import Hub
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb import Store, open_directory
from onboardee.svrdb.codec import Codec
from onboardee.wire.entropy import Entropy, SeededEntropy, SystemEntropy

if TYPE_CHECKING:
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.metrics.serving import Metering


_OF_HOST: Final = frozenset(
    {
        "control.unavailable",
        "device.fault",
        "device.ready",
        "entropy.seeded",
        "keylog.failed",
        "net.multicast",
        "net.no_multicast",
        "net.port_shared",
        "option.ignored",
        "otm.pin",
    }
)
"""Events that no step of a device tells, and the PIN, which nobody is to overlook."""


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """A device that is to run: its name, of which profile it is, where it keeps its state."""

    name: str
    """That of its directory."""
    origin: str
    """The profile as it was named on the command line."""
    profile: Profile
    directory: Path
    """Where its state is."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """How all devices of this process run."""

    ports: Ports
    """Addresses and ports, and what is told of them to others."""
    codec: Codec
    """In which format a new database is kept."""
    log_format: str
    """`console` or `json`."""
    verbose: bool
    """Log requests, too, and what devices do by themselves."""
    given: frozenset[str] = frozenset()
    """The options of the command line that somebody gave."""
    device_uuid: UUID | None = None
    """Of a device that starts anew; for one device only."""
    seed: str | None = None
    """From which all random octets follow; None: the system's."""
    keylog: KeyWriter | None = None
    """Takes the secrets of sessions, for Wireshark."""
    watch: "WatchOptions | None" = None
    """What is to be written of the conversations; None: nothing."""
    adopt: bool = False
    """Whether a device may go on with the state of another profile's."""
    budgets: Budgets = field(default_factory=Budgets)
    """How much may be sent in the clear, for all devices together."""
    metering: "Metering | None" = None
    """What measures the devices for Prometheus."""


def run(planned: Sequence[PlannedDevice], options: HostOptions) -> None:
    """Run the devices until SIGINT or SIGTERM.

    Raises `StoreError`, `BehaviourError`, `BindError` or OSError, and then none runs.
    """
    log = Log(options.log_format)
    with ExitStack() as ending:
        ending.callback(log.close)
        if options.watch is not None:
            ending.callback(options.watch.close)
        is_alone = len(planned) == 1
        devices = [_made(device, options, log, ending, is_alone=is_alone) for device in planned]
        metering = options.metering
        if metering is not None:
            devices = [(metering.around(device), store, made) for device, store, made in devices]
        directories = [device.directory for device in planned]
        asyncio.run(_serve(devices, directories, options.ports, metering))


def _made(
    device: PlannedDevice, options: HostOptions, log: Log, ending: ExitStack, *, is_alone: bool
) -> tuple[AnyDevice, Store, Maker]:
    """Make one device with its bus, its log and its store; `ending` closes them."""
    profile, bus = device.profile, Bus(device.name)
    _log_events(bus, device, options, log, ending, is_alone=is_alone)
    entropy = (
        SystemEntropy() if options.seed is None else SeededEntropy(f"{options.seed} {device.name}")
    )
    store = ending.enter_context(_opened(device, options, entropy))
    _settle(store, device, options)
    for ignored in _ignored(store, device, options):
        bus.publish(ignored)
    if options.seed is not None:
        bus.publish(EntropySeeded())
    if options.keylog is not None:
        options.keylog.report = partial(_tell_keylog, bus)
    surroundings = Surroundings(
        entropy=entropy,
        bus=bus,
        keylog=options.keylog,
        seed=options.seed,
        budget=options.budgets.of(profile.answers),
    )
    if options.watch is None and not profile.faults:
        maker = Maker(profile, store, surroundings)
        return maker.device(), store, maker
    # what watches is imported only where somebody wants it
    from onboardee.device.cli.watching import WatchOptions, watched  # noqa: PLC0415

    watch = options.watch or WatchOptions()
    sinks = watch.sinks(log.print, device.name, as_json=log.is_json, is_alone=is_alone)
    made, maker = watched(profile, store, surroundings, sinks, watch)
    return made, store, maker


def _log_events(  # noqa: PLR0913 - as `_made` has them
    bus: Bus,
    device: PlannedDevice,
    options: HostOptions,
    log: Log,
    ending: ExitStack,
    *,
    is_alone: bool,
) -> None:
    """Let the log subscribe to a device's events; a trace that is shown takes its place."""
    lines = EventLog(
        log,
        device.name,
        device.directory,
        is_alone=is_alone,
        verbose=options.verbose,
        texts=device.profile.says,
    )
    ending.callback(lines.close)
    if options.watch is not None and options.watch.is_shown:
        bus.subscribe(partial(_unless_traced, lines))
    else:
        bus.subscribe(lines, requests=options.verbose)


def _unless_traced(lines: EventLog, event: Event) -> None:
    """Log what a trace does not show: what concerns the host, and a PIN, which is to be seen."""
    if event.name in _OF_HOST:
        lines(event)


def _tell_keylog(bus: Bus, reason: str) -> None:
    """Tell the device's owner that the key log can no longer be written."""
    bus.publish(KeylogFailed(reason=reason))


def _opened(device: PlannedDevice, options: HostOptions, entropy: Entropy) -> Store:
    """Open the store of a device; a new one gets the database of its profile."""
    return open_directory(
        device.directory,
        lambda: new_database(device.profile, entropy, device_uuid=options.device_uuid),
        codec=options.codec,
    )


def _settle(store: Store, device: PlannedDevice, options: HostOptions) -> None:
    """Let the state be of this profile; what a reset brings back is the new one's from then on."""
    if settle_origin(store, device.origin, adopt=options.adopt):
        store.commit(replace(store.current, reset_profile=None))


def _ignored(store: Store, device: PlannedDevice, options: HostOptions) -> Iterator[OptionIgnored]:
    """Tell which options mean nothing to a device that has been there before."""
    if store.is_new:
        return
    database, wanted = store.current, options.device_uuid
    has = f"the device in {device.directory} has been there before and "
    if wanted is not None and wanted not in {
        database.doxm.device_uuid,
        database.permanent.original,
    }:
        option = "--uuid" if "uuid" in options.given else "--uuid-seed"
        reason = f"{has}keeps its UUID; `onboardee svr new-uuid` changes it"
        yield OptionIgnored(option=option, reason=reason)
    if "codec" in options.given and options.codec is not store.codec:
        reason = f"{has}keeps its database as {store.codec.name}"
        yield OptionIgnored(option="--store", reason=reason)
    if "name" in options.given and database.con.name not in {None, "", device.profile.device.name}:
        reason = f"a client has named the device {database.con.name}, until a factory reset"
        yield OptionIgnored(option="--name", reason=reason)


async def _serve(
    devices: Sequence[tuple[AnyDevice, Store, Maker]],
    directories: Sequence[Path],
    ports: Ports,
    metering: "Metering | None",
) -> None:
    """Run the devices until a signal comes."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    hub = Hub()
    async with AsyncExitStack() as ending:
        ending.callback(hub.stop)
        if metering is not None:
            ending.callback(_metered(metering))
        for (device, store, maker), directory in zip(devices, directories, strict=True):
            kept = device.profile.snapshots.automatic
            keep_snapshots(device.bus, store, kept, partial(hub.do_on_disk, device))
            control = _control(directory, device)
            if control is not None:
                ending.push_async_callback(control.stop)
            hosted = hub.add(device, ports)
            if control is not None:
                await control.serve(hosted, maker)
        await stopped.wait()


def _metered(metering: "Metering") -> Callable[[], None]:
    """Answer Prometheus from now on. Raises `BindError`."""
    try:
        return metering.serve()
    except OSError as error:
        reason = f"cannot answer Prometheus: {error.strerror or error}"
        raise BindError(f"{reason}; choose another address or port for --metrics") from error


def _control(directory: Path, device: AnyDevice) -> ControlServer | None:
    """Make the control socket. A device whose directory cannot hold one does without."""
    try:
        return ControlServer(directory)
    except OSError as error:
        reason = f"no socket in {directory}: {error.strerror}; `onboardee ctl` does not work"
        device.bus.publish(ControlUnavailable(reason=reason))
        return None
