"""Faults that come and go while a device runs, as things that happen to it (`machine.layer`).

So they are traced and recorded like anything else, and a recorded device gets them again at the
same moment.
"""

from dataclasses import dataclass
from typing import ClassVar

from onboardee.device.faults.terms import Fault
from onboardee.device.machine.layer import AnyDevice, Layer
from onboardee.device.machine.step import Step


class _Change:
    """Something that only the layer of faults can do (`layer.Faulty`)."""

    name: ClassVar[str]

    def happen_to(self, device: AnyDevice, now: float) -> Step:
        """Pass it on inwards, until it comes to the layer of faults."""
        assert isinstance(device, Layer), "a device gets faults when they are around it"
        return device.happen(self, now)


@dataclass(frozen=True, slots=True)
class FaultAdded(_Change):
    """The device gets a fault, which was prepared for it (`certificates`)."""

    name: ClassVar[str] = "fault added"
    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultRemoved(_Change):
    """The device loses the fault of a number."""

    name: ClassVar[str] = "fault removed"
    number: int


@dataclass(frozen=True, slots=True)
class FaultsCleared(_Change):
    """The device loses all its faults."""

    name: ClassVar[str] = "faults cleared"
