"""What devices and people do to a storage: lives for bench/power_cuts.py to interrupt."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from msgspec.structs import replace

from onboardee.device.security.factory import new_database
from onboardee.device.simulation.profile import load
from onboardee.device.testing import MemoryNetwork
from onboardee.device.testing.local import local_device
from onboardee.device.testing.network import GROUPS
from onboardee.obt import (
    LITE,
    Address,
    MemoryTransport,
    ObtEngine,
    ObtError,
    Order,
    OwnedDevice,
    Ownership,
    StepReport,
    find_unowned_at,
    run,
    take_ownership,
)
from onboardee.svrdb import (
    JSON,
    Codec,
    Database,
    MemoryStorage,
    RepairMeans,
    Sdi,
    Store,
    StoreMissing,
    read_named,
    read_previous,
    read_snapshot,
    repair,
    restore,
    take_snapshot,
)
from onboardee.svrdb.snapshots import LIVE
from onboardee.wire.entropy import SeededEntropy
from onboardee.wire.path import Endpoint

HOST, PLAIN, SECURE = "10.0.0.10", 5683, 5684
OWNER = UUID("11111111-2222-4333-8444-555555555555")
LIGHT = load("light")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


class BrokenPromiseError(AssertionError):
    """What a device promised is not on its disk."""


@dataclass
class Diary:
    """What was asked of a store, and what it promised."""

    promised: Database | None = None
    before: Database | None = None
    """What was promised before that, None if nothing was or nobody knows."""
    attempts: list[Database] = field(default_factory=list)
    """What was tried since the last promise."""
    answers: int = 0

    def promise(self, database: Database) -> None:
        """Note that a database is durable."""
        if database != self.promised:
            self.before = self.promised
        self.promised = database
        self.attempts.clear()


class WatchedStore:
    """A store that writes a diary."""

    def __init__(self, store: Store, diary: Diary) -> None:
        self._store = store
        self._diary = diary
        diary.promise(store.current)

    @property
    def current(self) -> Database:
        """What the store has."""
        return self._store.current

    def commit(self, new: Database) -> None:
        """Commit, and note before and after."""
        self._diary.attempts.append(new)
        self._store.commit(new)
        self._diary.promise(new)

    def close(self) -> None:
        """Close it."""
        self._store.close()


Life = Callable[[MemoryStorage, Diary], None]
"""Something that a device or a person does to a storage; it keeps a diary."""


def factory() -> Database:
    """Make a new light, the same each time."""
    return new_database(LIGHT, SeededEntropy("light"))


def opened(
    storage: MemoryStorage, diary: Diary, codec: Codec = JSON, *, journal: bool = True
) -> WatchedStore:
    """Open a store; a new device is under way until that returns."""
    begin(storage, diary)
    if diary.promised is None:
        diary.attempts.append(factory())
    return WatchedStore(Store.open(storage, factory, codec=codec, journal=journal), diary)


def begin(storage: MemoryStorage, diary: Diary) -> None:
    """Note what is there."""
    diary.promised = stored(storage)
    if diary.promised is not None:
        diary.before = stored_before(storage)


class Stage:
    """A light on a storage, and a tool."""

    def __init__(self, storage: MemoryStorage, diary: Diary, codec: Codec = JSON) -> None:
        self._storage = storage
        self._diary = diary
        self.network = MemoryNetwork(seed=1)
        store = opened(storage, diary, codec)
        self.device = local_device(LIGHT, store, entropy=SeededEntropy("device"))
        self.device.endpoints = (Endpoint("coap", HOST, PLAIN), Endpoint("coaps", HOST, SECURE))
        self.network.attach(self.device, HOST, PLAIN, groups=GROUPS)
        self.network.attach(self.device, HOST, SECURE, secured=True)
        self.device.start(self.network.now)
        engine = ObtEngine(entropy=SeededEntropy("tool"))
        self.transport = MemoryTransport(self.network, engine)

    def own(self, order: Order = LITE) -> Ownership:
        """Take ownership."""
        found = run(find_unowned_at(self.transport, Address(HOST, PLAIN), on_step=self.hear))
        taking = take_ownership(self.transport, found, OWNER, order=order, on_step=self.hear)
        return run(taking).ownership

    def reset(self, ownership: Ownership) -> None:
        """Reset the device over the network, and let the reset happen."""
        run(OwnedDevice(self.transport, ownership, on_step=self.hear).reset())
        self.network.run(10)

    def hear(self, step: StepReport) -> None:
        """Require that what was answered 2.04 is the only thing that a power cut can leave."""
        if step.outcome.startswith("2.04"):
            self._diary.answers += 1
            for survivor in self._storage.after_power_cut():
                if stored(survivor) != self.device.database:
                    raise BrokenPromiseError(f"{step.purpose} was answered 2.04 and can be lost")


Files = frozenset[tuple[str, bytes]]
"""All that is on a disk; equal disks come up again and again, and each is read once."""


def stored(storage: MemoryStorage) -> Database | None:
    """Return what a program would read, whatever the form."""
    return _stored(frozenset(storage.files.items()))


def stored_before(storage: MemoryStorage) -> Database | None:
    """Return what a program would read as the generation before."""
    return _stored_before(frozenset(storage.files.items()))


@lru_cache(maxsize=64)
def _stored(files: Files) -> Database | None:
    try:
        return read_named(MemoryStorage(dict(files)), LIVE)
    except StoreMissing:
        return None


@lru_cache(maxsize=64)
def _stored_before(files: Files) -> Database | None:
    try:
        return read_previous(MemoryStorage(dict(files)))
    except StoreMissing:
        return None


class Reboot(NamedTuple):
    """What a program makes of a disk when it starts on it."""

    current: Database
    is_new: bool
    before: Database | None
    """The generation before, as it can be read then."""


@lru_cache(maxsize=64)
def rebooted(files: Files) -> Reboot:
    """Start on a disk. Raises StoreError."""
    storage = MemoryStorage(dict(files))
    store = Store.open(storage, factory)
    return Reboot(store.current, store.is_new, stored_before(storage))


def onboarding(order: Order, codec: Codec, storage: MemoryStorage, diary: Diary) -> None:
    """Start a new device and take ownership of it; what fails in between, fails."""
    stage = Stage(storage, diary, codec)
    with suppress(ObtError):
        stage.own(order)
    stage.network.run(10)


def a_reset(ownership: Ownership, storage: MemoryStorage, diary: Diary) -> None:
    """Start an owned device and reset it."""
    stage = Stage(storage, diary)
    with suppress(ObtError):
        stage.reset(ownership)


def an_edit(storage: MemoryStorage, diary: Diary) -> None:
    """Change the database of a stopped device, as an editor does."""
    store = opened(storage, diary, journal=False)
    store.commit(replace(store.current, sdi=Sdi(name="edited", is_private=True)))
    store.close()


def a_repair(storage: MemoryStorage, diary: Diary) -> None:
    """Repair the database of a stopped device."""
    store = opened(storage, diary, journal=False)
    torn = replace(store.current, pstat=replace(store.current.pstat, is_operational=False))
    store.commit(torn)
    store.commit(repair(torn, RepairMeans(NOW, lambda: OWNER)))


def a_long_life(count: int, storage: MemoryStorage, diary: Diary) -> None:
    """Let a device store more than its journal has room for, and stop in an orderly way."""
    store = opened(storage, diary)
    for number in range(count):
        store.commit(replace(store.current, sdi=Sdi(name=f"change {number}")))
    store.close()


def a_restore(storage: MemoryStorage, diary: Diary) -> None:
    """Put a snapshot in the place of the database."""
    begin(storage, diary)
    wanted = read_snapshot(storage, "unowned")
    diary.attempts.append(wanted)
    restore(storage, wanted)
    diary.promise(wanted)


def a_snapshot(storage: MemoryStorage, diary: Diary) -> None:
    """Keep a snapshot; the database stays what it is."""
    begin(storage, diary)
    assert diary.promised is not None
    take_snapshot(storage, "kept", diary.promised, JSON)
    if read_snapshot(storage, "kept") != diary.promised:
        raise BrokenPromiseError("the snapshot is another database")
