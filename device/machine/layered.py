"""A device with what stands around it: faults, a recording, and a trace of its conversation.

The order is that of a border: faults act on the device itself, so that a recording has what they
made of it and can let it happen again, and a trace tells what really came and left.

A device is made here wherever somebody wants to look at it from outside (`run --trace`, `run
--fault`, the tests); `boot` alone makes one with nothing in its way.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from onboardee.device.faults.building import Maker
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace.tracing import Later, Sink, Tracer

Record: TypeAlias = Callable[[AnyDevice, Sequence[Fault]], AnyDevice]
"""Puts a recorder around a device that has faults."""


def with_layers(  # noqa: PLR0913 - what a device is made of, and what is around it
    profile: Profile,
    store: Keeper,
    surroundings: Surroundings,
    sinks: Sequence[Sink] = (),
    faults: Sequence[Fault] = (),
    *,
    record: Record | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> AnyDevice:
    """Make a device whose conversation is told to `sinks`.

    It has the faults of its profile and `faults`. `record` puts a recorder around the device with
    its faults; the secrets of its sessions are told to `tell`, too. Raises `FaultError` for a fault
    that can never act on this device.
    """
    keylog = surroundings.keylog

    def take(line: str) -> None:
        tell(line)
        if keylog is not None:
            keylog(line)

    maker = Maker(profile, store, replace(surroundings, keylog=take))
    return layers_around(maker, sinks, faults, record)


def layers_around(
    maker: Maker,
    sinks: Sequence[Sink],
    faults: Sequence[Fault],
    record: Record | None = None,
    later: Later | None = None,
) -> AnyDevice:
    """Make a device, as `with_layers` does, of what `maker` has; see there."""
    wanted = [maker.prepared(fault) for fault in (*maker.profile.faults, *faults)]
    device: AnyDevice = maker.device(wanted)
    if record is not None:
        device = record(device, wanted)
    if sinks:
        tracer = Tracer(device, maker.secrets, later)
        for sink in sinks:
            tracer.follow(sink)
        device = tracer
    return device
