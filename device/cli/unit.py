"""One device of this process: its store, its log, and the making of it, again after each restart.

A restart is what a power switch does: sessions, observers and values that are not kept are gone,
the database is what the store has. So everything that outlives it is made once (store, bus, lines
of the log, random octets), and the device itself by `boot`, each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec

from onboardee.device.cli.keylog import KeyWriter
from onboardee.device.cli.origin import settle_origin
from onboardee.device.cli.output import EventLog, Log
from onboardee.device.events import Bus, EntropySeeded, Event, KeylogFailed, OptionIgnored
from onboardee.device.faults.building import Maker
from onboardee.device.fleet.model import Churn
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.budget import Budgets
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import Profile
from onboardee.svrdb import Store, open_directory
from onboardee.svrdb.codec import Codec
from onboardee.wire.entropy import Entropy, SeededEntropy, SystemEntropy

if TYPE_CHECKING:
    from onboardee.device.cli.console.console import Console
    from onboardee.device.cli.watching import WatchOptions
    from onboardee.device.metrics.serving import Metering
    from onboardee.device.web.serving import Dashboard

_OF_HOST: Final = frozenset(
    {
        "control.unavailable",
        "device.fault",
        "device.left",
        "device.not_started",
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

_OF_EACH: Final = frozenset({"device.ready", "net.multicast"})
"""What each of many devices would tell as it starts; the fleet tells it once."""


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """A device that is to run: its name, of which profile it is, where it keeps its state.

    `starts_at` is in seconds after the others; `uuid` is that of a device that starts anew.
    """

    name: str
    origin: str
    profile: Profile
    directory: Path
    """Its state directory, or its place in a state file: `lamps.db/lamp-001`."""
    is_in_file: bool = False
    """Whether that is a place in a state file."""
    uuid: UUID | None = None
    seed: str | None = None
    starts_at: float = 0.0
    number: int = 0
    """Which one it is of the devices of this run, from 0: by it follows its address."""
    churn: Churn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOptions:
    """What all devices of a process have in common."""

    codec: Codec
    verbose: bool
    given: frozenset[str]
    """The options of the command line that somebody gave."""
    keylog: KeyWriter | None
    watch: "WatchOptions | None"
    adopt: bool
    budgets: Budgets
    """How much may be sent in the clear, for all devices together."""
    metering: "Metering | None"
    dashboard: "Dashboard | None"
    console: "Console | None"
    is_alone: bool
    is_crowd: bool
    """So many devices that people do not read a line of each as it starts."""
    speed: float
    """Seconds of their worlds in one of the wall."""


class Unit:
    """A device and what outlives its restarts: `open` it first, `close` it last."""

    def __init__(self, planned: PlannedDevice, options: UnitOptions, log: Log) -> None:
        self.planned: Final = planned
        self.bus: Final = Bus(planned.name)
        self.store: Store
        self._options = options
        self._log = log
        self._entropy: Entropy = (
            SystemEntropy()
            if planned.seed is None
            else SeededEntropy(f"{planned.seed} {planned.name}")
        )
        self._write_lines()

    def open(self) -> None:
        """Open its store: the slow part, which waits for the disk and may be done in a thread.

        Raises `StoreError` or OSError.
        """
        planned, options = self.planned, self._options
        self.store = _opened(planned, options, self._entropy)
        _settle(self.store, planned, adopt=options.adopt)

    def tell_beginning(self) -> None:
        """Tell what of the command line means nothing to this device, and what it has to know."""
        for ignored in _ignored(self.store, self.planned, self._options):
            self.bus.publish(ignored)
        if self.planned.seed is not None:
            self.bus.publish(EntropySeeded())
        if self._options.keylog is not None:
            self._options.keylog.report = partial(_tell_keylog, self.bus)

    def boot(self) -> tuple[AnyDevice, Maker]:
        """Make the device, as it is after a restart, and what gives it faults later.

        Raises `BehaviourError`, and `FaultError` for a fault that can never act on it.
        """
        planned, options = self.planned, self._options
        surroundings = Surroundings(
            entropy=self._entropy,
            bus=self.bus,
            keylog=options.keylog,
            seed=planned.seed,
            budget=options.budgets.of(planned.profile.answers),
            speed=options.speed,
        )
        device, maker = self._watched(surroundings)
        if options.dashboard is not None:
            device = options.dashboard.around(device, maker)
        return device if options.metering is None else options.metering.around(device), maker

    def gone(self) -> None:
        """Know that the device does not run now."""
        if self._options.metering is not None:
            self._options.metering.forget(self.planned.name)
        if self._options.dashboard is not None:
            self._options.dashboard.gone(self.planned.name)
        if self._options.console is not None:
            self._options.console.gone(self.planned.name)

    def close(self) -> None:
        """Give the store back."""
        try:
            if hasattr(self, "store"):
                self.store.close()
        finally:
            self._lines.close()

    def _watched(self, surroundings: Surroundings) -> tuple[AnyDevice, Maker]:
        planned, watch = self.planned, self._options.watch
        if watch is None and not planned.profile.faults:
            maker = Maker(planned.profile, self.store, surroundings)
            return maker.device(), maker
        # what watches is imported only where somebody wants it
        from onboardee.device.cli.watching import WatchOptions, watched  # noqa: PLC0415

        watch = watch or WatchOptions()
        log, is_alone = self._log, self._options.is_alone
        sinks = watch.sinks(log.print, planned.name, as_json=log.is_json, is_alone=is_alone)
        return watched(planned.profile, self.store, surroundings, sinks, watch)

    def _write_lines(self) -> None:
        planned, options = self.planned, self._options
        lines = EventLog(
            self._log,
            planned.name,
            planned.directory,
            is_alone=options.is_alone,
            verbose=options.verbose,
            texts=planned.profile.says,
        )
        self._lines = lines
        if options.metering is not None:
            options.metering.count(self.bus)
        if options.watch is not None and options.watch.is_shown:
            self.bus.subscribe(partial(_unless_traced, lines))
        elif options.is_crowd and not (self._log.is_json or options.verbose):
            self.bus.subscribe(partial(_in_a_crowd, lines))
        else:
            self.bus.subscribe(lines, requests=options.verbose)


def _unless_traced(lines: EventLog, event: Event) -> None:
    """Log what a trace does not show: what concerns the host, and a PIN, which is to be seen."""
    if event.name in _OF_HOST:
        lines(event)


def _in_a_crowd(lines: EventLog, event: Event) -> None:
    """Log what one of many devices tells that the fleet does not tell for all."""
    if event.name not in _OF_EACH:
        lines(event)


def _tell_keylog(bus: Bus, reason: str) -> None:
    bus.publish(KeylogFailed(reason=reason))


def _opened(planned: PlannedDevice, options: UnitOptions, entropy: Entropy) -> Store:
    return open_directory(
        planned.directory,
        lambda: new_database(planned.profile, entropy, device_uuid=planned.uuid),
        codec=options.codec,
    )


def _settle(store: Store, planned: PlannedDevice, *, adopt: bool) -> None:
    """Let the state be of this profile; what a reset brings back is the new one's from then on."""
    if settle_origin(store, planned.origin, adopt=adopt):
        store.commit(msgspec.structs.replace(store.current, reset_profile=None))


def _ignored(store: Store, planned: PlannedDevice, options: UnitOptions) -> Iterator[OptionIgnored]:
    """Tell which options mean nothing to a device that has been there before."""
    if store.is_new:
        return
    database, wanted = store.current, planned.uuid
    has = f"the device in {planned.directory} has been there before and "
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
    if "name" in options.given and database.con.name not in {None, "", planned.profile.device.name}:
        reason = f"a client has named the device {database.con.name}, until a factory reset"
        yield OptionIgnored(option="--name", reason=reason)
