"""A device with faults, made in one place: `run`, tests, trials and replays all come here."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from onboardee.device.faults.certificates import prepared
from onboardee.device.faults.handles import Handles
from onboardee.device.faults.terms import Fault
from onboardee.device.machine.boot import Surroundings, boot
from onboardee.device.machine.device import Device
from onboardee.device.machine.layer import AnyDevice, Layer
from onboardee.device.machine.step import Keeper
from onboardee.device.simulation.profile import Profile
from onboardee.device.trace.dtls import Secrets

if TYPE_CHECKING:
    from onboardee.device.faults.layer import Faulty


class Maker:
    """Makes a device that may get faults: at once, or while it runs.

    A device without faults is the device itself, with nothing around it. The first fault that it
    gets puts the layer of faults around it, inside of whatever stands around it already.
    """

    def __init__(
        self,
        profile: Profile,
        store: Keeper,
        surroundings: Surroundings,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Make it of these; `sleep` lets a slow disk take its time."""
        self.profile = profile
        """What the device is."""
        self._handles = Handles(surroundings)
        self._boot = partial(boot, profile, store, self._handles.surroundings)
        self._sleep = sleep

    def device(self, faults: Sequence[Fault] = ()) -> "Device | Faulty":
        """Return the device. Raises `BehaviourError`, and `FaultError` for what can never act."""
        wanted = [self.prepared(fault) for fault in faults]
        return self._with_faults(self._boot(), wanted) if wanted else self._boot()

    @property
    def secrets(self) -> Secrets:
        """The secrets of the device's sessions, as they come about from now on."""
        self._handles.keeps_secrets = True
        return self._handles.secrets

    def prepared(self, fault: Fault) -> Fault:
        """Return a fault as the device gets it. Raises `FaultError` if it can never act on it."""
        return prepared(fault, self.profile)

    def around(self, device: AnyDevice) -> AnyDevice:
        """Return a device, with its layers, that can get faults while it runs."""
        # most devices never do
        from onboardee.device.faults.layer import Faulty  # noqa: PLC0415

        outer, inner = None, device
        while isinstance(inner, Layer):
            if isinstance(inner, Faulty):
                return device
            outer, inner = inner, inner.inner
        faulty = self._with_faults(inner, ())
        if outer is None:
            return faulty
        outer.inner = faulty
        return device

    def _with_faults(self, device: AnyDevice, faults: Sequence[Fault]) -> "Faulty":
        from onboardee.device.faults.layer import Faulty  # noqa: PLC0415 - as above

        self._handles.keeps_secrets = True
        return Faulty(device, faults, self._handles, self._boot, sleep=self._sleep)
