"""Recorded lives of a device: owned over a bad network, used, reset, with a failing disk."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from onboardee.device.faults.building import Maker
from onboardee.device.faults.disk import FaultyStore
from onboardee.device.faults.steps import TransferStep
from onboardee.device.faults.terms import parse
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.recording.format import Beginning
from onboardee.device.recording.recorder import RecordedClock, Recorder
from onboardee.device.simulation.profile import Profile, load
from onboardee.device.testing import Impairments, MemoryNetwork, memory_device
from onboardee.obt import (
    MemoryTransport,
    ObtEngine,
    ObtError,
    find_unowned,
    run,
    take_ownership,
)
from onboardee.obt.orders import ALL_ORDERS
from onboardee.svrdb import StoreUnavailable
from onboardee.svrdb.model import Database
from onboardee.wire.entropy import SeededEntropy

OWNER = UUID("11111111-2222-4333-8444-555555555555")
HOST = "10.0.0.10"
STEPS = [str(each) for each in TransferStep]
FAULTS = [
    *(f"drop at={step} times=2" for step in STEPS),
    *(f"restart-{when} at={step}" for when in ("before", "after") for step in STEPS[4:]),
    *(f"refuse at={step} code=5.03" for step in STEPS[2:]),
    *(f"ignore at={step}" for step in STEPS[2:]),
    "delay way=both chance=0.2 times=0 seconds=1.5",
    "duplicate way=both chance=0.2 times=0",
    "reorder way=in chance=0.2 times=0",
    "corrupt way=out chance=0.1 times=5",
    "truncate way=in chance=0.1 times=5",
    "separate at=select seconds=2",
    'patch at=read-again payload={"oxms":[0,2]}',
    "close at=owned",
    "alert flight=ServerHello",
    "silence at=rfpro",
    "reset after=3",
    "reset state=rfpro",
    "slow-disk times=0",
    "full-disk chance=0.3 times=0",
    "failing-disk at=acl2-owner",
    "other-key at=credential",
    "other-suite",
    "old-version chance=0.5",
    "clock-jump after=2 seconds=-86400",
    "clock-jump at=owner",
    "timer-jump at=credential seconds=40",
    "wrong-token at=om",
    "wrong-id at=select",
    "wrong-port at=select",
    "not-cbor at=read-again",
    "unknown-critical path=/oic/sec/doxm times=2",
    "endless-blocks at=read-again",
    "crowd at=discovery",
]
"""What may go wrong in a life, beside its network, its disk and its clock."""
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def recorded_life(seed: int, write: Callable[[bytes], object], *, has_faults: bool = True) -> None:
    """Let a device live through something that the seed decides, and write it down."""
    chance = random.Random(seed)
    profile = load(chance.choice(["light", "door", "thermostat", "washer"]))
    network = MemoryNetwork(
        seed=seed,
        impairments=Impairments(
            loss=chance.choice([0, 0.05, 0.2]),
            duplication=chance.choice([0, 0.1]),
            reordering=chance.choice([0, 0.2]),
        ),
    )
    count = chance.choice([0, 1, 2, 3])
    faults = [parse(chance.choice(FAULTS)) for _ in range(count)] if has_faults else []
    jumps = [chance.uniform(5, 60), chance.choice([0.0, 3600.0])]

    def time_of_day() -> datetime:
        jump = jumps[1] if network.now > jumps[0] else 0.0
        return BEGAN + timedelta(seconds=network.now + jump)

    clock = RecordedClock(BEGAN, time_of_day)

    def make(profile: Profile, store: Keeper, surroundings: Surroundings) -> AnyDevice:
        maker = Maker(profile, store, surroundings, sleep=lambda _seconds: None)
        wanted = tuple(maker.prepared(each) for each in faults)
        beginning = Beginning(
            profile=profile,
            database=store.current,
            seed=f"life {seed}",
            chance=seed,
            faults=wanted,
            began=BEGAN,
        )
        return Recorder(maker.device(wanted), beginning, clock, write)

    device = memory_device(
        network,
        profile,
        seed=seed,
        wall_clock=clock,
        make=make,
        entropy=SeededEntropy(f"life {seed}"),
        chance=seed,
    )
    store = device.store.inner if isinstance(device.store, FaultyStore) else device.store
    commit = store.commit

    def failing(database: Database) -> None:
        if chance.random() < 0.03:
            raise StoreUnavailable("/disk", "is full", "make room")
        commit(database)

    store.commit = failing
    transport = MemoryTransport(network, ObtEngine(entropy=SeededEntropy(f"tool {seed}")))
    order = ALL_ORDERS[chance.choice(["lite", "iot2", "plgd", "cr3006"])]
    try:
        (found,) = run(find_unowned(transport, style=order.style, enough=1))
        owned = run(take_ownership(transport, found, OWNER, order=order, within=120))
        run(owned.doxm())
        network.run(chance.uniform(0, 400))
        run(owned.reset())
    except (ObtError, ValueError):
        pass
    network.run(chance.uniform(0, 30))
    for name in device.device.inputs:
        network.send(device.press(name, network.now))
    network.send(device.reboot(network.now))
    network.run(1)
    network.send(device.press_reset(network.now))
    network.run(5)
    network.send(device.stop(network.now))
