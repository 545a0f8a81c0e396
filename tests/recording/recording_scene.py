"""Recorded lives of a device: owned over a bad network, used, reset, with a failing disk."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from onboardee.device.machine.layer import AnyDevice
from onboardee.device.recording.format import Beginning
from onboardee.device.recording.recorder import RecordedClock, Recorder
from onboardee.device.simulation.profile import load
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
BEGAN = datetime(2026, 5, 1, 12, tzinfo=UTC)


def recorded_life(seed: int, write: Callable[[bytes], object]) -> None:
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
    jumps = [chance.uniform(5, 60), chance.choice([0.0, 3600.0])]

    def time_of_day() -> datetime:
        jump = jumps[1] if network.now > jumps[0] else 0.0
        return BEGAN + timedelta(seconds=network.now + jump)

    clock = RecordedClock(BEGAN, time_of_day)

    def around(device: AnyDevice) -> AnyDevice:
        beginning = Beginning(
            profile=profile,
            database=device.database,
            seed=f"life {seed}",
            chance=seed,
            began=BEGAN,
        )
        return Recorder(device, beginning, clock, write)

    device = memory_device(
        network,
        profile,
        seed=seed,
        wall_clock=clock,
        around=around,
        entropy=SeededEntropy(f"life {seed}"),
        chance=seed,
    )
    commit = device.store.commit

    def failing(database: Database) -> None:
        if chance.random() < 0.03:
            raise StoreUnavailable("/disk", "is full", "make room")
        commit(database)

    device.store.commit = failing
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
    network.send(device.press_reset(network.now))
    network.run(5)
    network.send(device.stop(network.now))
