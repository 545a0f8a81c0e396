"""What a step of a plan does: at a device, and in the database before and after it.

An action is made for one step of one operation, and lives as long as one attempt at it. `runner`
calls it in this order, each line one transaction or one visit to the device:

    begin       the database says what the device may have from now on
    carry_out   the device is asked
    done        the database says what it has

and, where the operation has to be taken back, `take_back` and `taken_back`. Whoever is interrupted
between two lines knows the worst case from the database, and repeats the step: so each action can
be repeated. It looks at what the device has, and adds or deletes what is missing or too much,
because after an interruption nobody knows whether the device has carried out the last request.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final
from uuid import UUID

from onboardee.obt.database import (
    DeviceRecord,
    DeviceState,
    Operation,
    PlanStep,
    ProvisioningDatabase,
)
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.surroundings import PlanSurroundings

Outcome = Mapping[str, Any]
"""What carrying out a step found, for `done`: the number that a device gave to something."""
ABANDON: Final = "abandon"
"""In an outcome: why the steps behind it have no sense any more."""
NOTHING: Final[Outcome] = MappingProxyType({})


class Action:
    """One step; what a kind does not override does nothing.

    A kind is a class, and its methods have what they need as attributes: the database, the
    operation, the step. What is known when the plan is made belongs into the step (`peer`, `body`,
    `secret`), as an action has to come out the same in another process.
    """

    is_local: ClassVar[bool] = False
    """It changes the database only, and only when all steps before it are done."""
    only_deletes: ClassVar[bool] = False
    """There is nothing to be done at a device that has been reset, or is forgotten."""

    def __init__(
        self, database: ProvisioningDatabase, operation: Operation, step: PlanStep
    ) -> None:
        self.database: Final = database
        self.operation: Final = operation
        self.step: Final = step

    @property
    def device(self) -> UUID:
        """The device that the step is about."""
        return self.step.device

    @property
    def peer(self) -> UUID:
        """The other device of a step that is about two."""
        assert self.step.peer is not None, "this action is about two devices"
        return self.step.peer

    @property
    def record(self) -> DeviceRecord | None:
        """What is known of the device; None if it was forgotten meanwhile."""
        return self.database.devices.get(self.device)

    @property
    def is_moot(self) -> bool:
        """Whether there is nothing to be done at the device any more."""
        if not self.only_deletes:
            return False
        record = self.record
        return record is None or (record.state is DeviceState.REMOVING and record.key is None)

    def begin(self) -> None:
        """Note, in the transaction that marks the step as begun, what the device may soon have."""

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Do it at the device. Raises `ObtError`."""
        return NOTHING

    def done(self, outcome: Outcome) -> None:
        """Note what the device has now, in the transaction that marks the step as done."""

    async def settle(self, around: PlanSurroundings, error: ObtError) -> Outcome:
        """Find another sign that it is done, where no session came about; else raise `error`."""
        raise error

    async def take_back(self, device: OwnedDevice) -> None:
        """Undo it at the device, whether or not it has been done."""

    def taken_back(self) -> None:
        """Note that nothing of it is left."""
