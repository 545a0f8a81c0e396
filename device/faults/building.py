"""A device with faults, made in one place: `run`, tests, trials and replays all come here."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.handles import Handles
from onboardee.device.faults.layer import Faulty
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile


def faulty(
    profile: Profile,
    store: Keeper,
    surroundings: Surroundings,
    faults: Sequence[Fault],
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> Faulty:
    """Make a device with faults. Raises `FaultError` for one that cannot act on it.

    `sleep` lets a slow disk take its time.
    """
    wanted = [prepared(fault, profile) for fault in faults]
    handles = Handles(surroundings)
    make = partial(boot, profile, store, handles.surroundings)
    return Faulty(make(), wanted, handles, make, entropy=surroundings.entropy, sleep=sleep)
