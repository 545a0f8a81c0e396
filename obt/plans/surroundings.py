"""How plans get hold of devices."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from onboardee.obt.database.records import DeviceRecord, Operation, PlanStep
from onboardee.obt.owned import OwnedDevice
from onboardee.wire.entropy import Entropy


class Surroundings(Protocol):
    """What a plan needs of the world around the database."""

    @property
    def entropy(self) -> Entropy:
        """Where keys come from."""

    async def reach(self, record: DeviceRecord, /) -> OwnedDevice:
        """Return a device of ours with an open session. Raises `ObtError`."""

    async def is_unowned(self, record: DeviceRecord, /) -> bool:
        """Tell whether the device that is where this one was says that it has no owner."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a plan that was carried out, or could not be."""

    operation: Operation
    step: PlanStep
    number: int
    total: int
    error: str = ""


OnProgress = Callable[[Progress], None]
