"""Running devices in this process until somebody stops it: stores, sockets, logs."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from uuid import UUID

from onboardee.device.cli.output import EventLog
from onboardee.device.core import Device
from onboardee.device.events import Bus, ControlUnavailable
from onboardee.device.factory import new_database
from onboardee.device.net.control import ControlServer
from onboardee.device.net.hosted import Ports
from onboardee.device.net.hub import Hub
from onboardee.device.simulation.profile import Profile
from onboardee.device.snapshots import keep_snapshots
from onboardee.svrdb import Store, open_directory
from onboardee.svrdb.codec import Codec
from onboardee.wire.entropy import SystemEntropy


@dataclass(frozen=True, slots=True)
class Tenant:
    """A device that is to run, and where it keeps its state."""

    profile: Profile
    directory: Path


@dataclass(frozen=True, slots=True)
class House:
    """How all devices of this process run."""

    ports: Ports
    codec: Codec
    log_format: str
    verbose: bool
    device_uuid: UUID | None = None
    """Of a device that starts anew; for one device only."""
    seed: str | None = None
    keylog: TextIO | None = None


def run(tenants: Sequence[Tenant], house: House) -> None:
    """Run the devices until SIGINT or SIGTERM.

    Raises `StoreError`, `BehaviourError`, `BindError` or OSError, and then none runs.
    """
    with ExitStack() as stores:
        devices = [(_made(tenant, house, stores, alone=len(tenants) == 1)) for tenant in tenants]
        asyncio.run(_serve(devices, [tenant.directory for tenant in tenants], house.ports))


def _made(tenant: Tenant, house: House, stores: ExitStack, *, alone: bool) -> Device:
    profile, bus = tenant.profile, Bus()
    name = None if alone else profile.device.name
    log = EventLog(house.log_format, device=name, verbose=house.verbose)
    bus.subscribe(log, requests=house.verbose)
    store = stores.enter_context(_opened(tenant, house))
    keep_snapshots(bus, store, profile.snapshots.automatic)
    return Device(
        profile,
        store,
        entropy=SystemEntropy(),
        bus=bus,
        keylog=None if house.keylog is None else KeyWriter(house.keylog),
        seed=house.seed,
    )


def _opened(tenant: Tenant, house: House) -> Store:
    return open_directory(
        tenant.directory,
        lambda: new_database(tenant.profile, SystemEntropy(), device_uuid=house.device_uuid),
        codec=house.codec,
    )


class KeyWriter:
    """Writes key log lines as they come."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def __call__(self, line: str) -> None:
        """Write one line at once: Wireshark reads along."""
        self._file.write(line + "\n")
        self._file.flush()


async def _serve(devices: Sequence[Device], directories: Sequence[Path], ports: Ports) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    hub = Hub()
    async with AsyncExitStack() as ending:
        ending.callback(hub.stop)
        for device, directory in zip(devices, directories, strict=True):
            control = _control(directory, device)
            if control is not None:
                ending.push_async_callback(control.stop)
            hosted = hub.add(device, ports)
            if control is not None:
                await control.serve(hosted)
        await stopped.wait()


def _control(directory: Path, device: Device) -> ControlServer | None:
    """Make the control socket. A device whose directory cannot hold one does without."""
    try:
        return ControlServer(directory)
    except OSError as error:
        reason = f"no socket in {directory}: {error.strerror}; `onboardee ctl` does not work"
        device.bus.publish(ControlUnavailable(reason=reason))
        return None
