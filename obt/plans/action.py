"""What a step of a plan does: at a device, and in the database before and after it.

Each action can be repeated: after an interruption nobody knows whether the device has carried out
the last request, so an action looks at what the device has and adds or deletes what is missing or
too much.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from onboardee.obt.database import (
    DeviceRecord,
    DeviceState,
    Operation,
    PlanStep,
    ProvisioningDatabase,
)
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.surroundings import Surroundings

Outcome = Mapping[str, Any]
ABANDON: Final = "abandon"
"""In an outcome: why the steps behind it have no sense any more."""
NOTHING: Final[Outcome] = MappingProxyType({})


class Action:
    """One kind of step."""

    is_local: ClassVar[bool] = False
    """It changes the database only, and only when all steps before it are done."""
    only_deletes: ClassVar[bool] = False
    """There is nothing to be done at a device that has been reset, or is forgotten."""

    def is_moot(self, record: DeviceRecord | None) -> bool:
        """Tell whether there is nothing to be done at a device of which this is known."""
        if not self.only_deletes:
            return False
        return record is None or (record.state is DeviceState.REMOVING and record.key is None)

    def begin(self, database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
        """Note, in the transaction that marks the step as begun, what the device may soon have."""

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Do it at the device. Raises `ObtError`."""
        return NOTHING

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note what the device has now, in the transaction that marks the step as done."""

    async def settle(
        self, around: Surroundings, database: ProvisioningDatabase, step: PlanStep, error: ObtError
    ) -> Outcome:
        """Find another proof that it is done, where no session came about; else raise `error`."""
        raise error

    async def take_back(self, device: OwnedDevice, step: PlanStep) -> None:
        """Undo it at the device, whether or not it has been done."""

    def taken_back(
        self, database: ProvisioningDatabase, operation: Operation, step: PlanStep
    ) -> None:
        """Note that nothing of it is left."""
