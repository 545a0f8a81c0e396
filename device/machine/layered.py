"""A device with what stands around it: faults, a recording, and a trace of its conversation.

The order is that of a border: faults act on the device itself, so that a recording has what they
made of it and can let it happen again, and a trace tells what really came and left.

A device is made here wherever somebody wants to look at it from outside (`run --trace`, `run
--fault`, the tests); `boot` alone makes one with nothing in its way.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from onboardee.device.faults.building import faulty
from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.tracing import Sink, Tracer


def with_layers(  # noqa: PLR0913 - what a device is made of, and what is around it
    profile: Profile,
    store: Keeper,
    surroundings: Surroundings,
    sinks: Sequence[Sink] = (),
    faults: Sequence[Fault] = (),
    *,
    record: Callable[[AnyDevice, Sequence[Fault]], AnyDevice] | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> AnyDevice:
    """Make a device whose conversation is told to `sinks`, and that has `faults`.

    `record` puts a recorder around the device with its faults; the secrets of its sessions are told
    to `tell`, too. Raises `FaultError` for a fault that cannot act on this device.
    """
    secrets, keylog = Secrets(), surroundings.keylog

    def take(line: str) -> None:
        secrets.add(line)
        tell(line)
        if keylog is not None:
            keylog(line)

    surroundings = replace(surroundings, keylog=take)
    wanted = [prepared(fault, profile) for fault in faults]
    device: AnyDevice
    if wanted:
        device = faulty(profile, store, surroundings, wanted)
    else:
        device = boot(profile, store, surroundings)
    if record is not None:
        device = record(device, wanted)
    if sinks:
        tracer = Tracer(device, secrets)
        for sink in sinks:
            tracer.follow(sink)
        device = tracer
    return device
