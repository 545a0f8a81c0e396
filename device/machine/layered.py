"""A device with what stands around it: faults, and a trace of its conversation.

The order is that of a border: what is recorded is the device itself, faults act outside of that,
and a trace tells what really came and left.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from onboardee.device.faults.layer import Faulty
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Keeper
from onboardee.device.machine.layer import AnyDevice
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace.dtls import Secrets
from onboardee.device.trace.tracing import Sink, Tracer


def with_layers(  # noqa: PLR0913, PLR0917 - what a device is made of, and what is around it
    profile: Profile,
    store: Keeper,
    surroundings: Surroundings,
    sinks: Sequence[Sink],
    faults: Sequence[Fault] = (),
    make: Callable[[Profile, Keeper, Surroundings], AnyDevice] = boot,
    tell: Callable[[str], None] = lambda _line: None,
) -> AnyDevice:
    """Make a device whose conversation is told to `sinks`, and that has `faults`.

    `make` makes the device itself; the secrets of its sessions are told to `tell`, too.
    """
    secrets, keylog = Secrets(), surroundings.keylog

    def take(line: str) -> None:
        secrets.add(line)
        tell(line)
        if keylog is not None:
            keylog(line)

    surroundings = replace(surroundings, keylog=take)
    device = make(profile, store, surroundings)
    if faults:
        again = partial(make, profile, store, surroundings)
        device = Faulty(device, faults, secrets, surroundings.entropy, again)
    if sinks:
        tracer = Tracer(device, secrets)
        for sink in sinks:
            tracer.follow(sink)
        device = tracer
    return device
