"""Steps at the beginning and at the end of an ownership."""

from onboardee.obt.database import (
    DeviceRecord,
    DeviceState,
    Operation,
    PlanStep,
    ProvisioningDatabase,
    StepState,
)
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.action import ABANDON, NOTHING, Action, Outcome
from onboardee.obt.plans.surroundings import Surroundings


class ResetDevice(Action):
    """Put `device` back into factory state, and forget its key."""

    only_deletes = True

    def is_moot(self, record: DeviceRecord | None) -> bool:
        """Tell whether it is not to be reset any more: it has been, or was owned anew."""
        is_wanted = record is not None and record.state is DeviceState.REMOVING
        return not is_wanted or super().is_moot(record)

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Ask for it."""
        await device.reset()
        return NOTHING

    async def settle(
        self, around: Surroundings, database: ProvisioningDatabase, step: PlanStep, error: ObtError
    ) -> Outcome:
        """See whether it has happened: then the device does not know us any more."""
        if step.state is not StepState.BEGUN or not await around.is_unowned(
            database.devices.require(step.device)
        ):
            raise error
        return NOTHING

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note that it has nothing any more of what it was given."""
        if not _is_given_up(database, step):
            return
        database.devices.set_state(step.device, DeviceState.REMOVING, wipe_key=True)
        database.credentials.remove_of(step.device)
        database.rules.remove_of(step.device)
        database.direct_pairings.remove(step.device)
        database.pairings.remove(step.device)


class ForgetDevice(Action):
    """Delete the record of `device`, of which nothing is left anywhere."""

    is_local = True

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Do it, unless it was owned anew meanwhile."""
        if _is_given_up(database, step):
            database.devices.remove(step.device)


class ConfirmOwnership(Action):
    """See whether `device` has taken the owner credential, and lead it into operation."""

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Bring it from wherever the transfer ended."""
        await device.verify()
        return NOTHING

    async def settle(
        self, around: Surroundings, database: ProvisioningDatabase, step: PlanStep, error: ObtError
    ) -> Outcome:
        """See whether it still waits for an owner: then the credential is worth nothing."""
        if not await around.is_unowned(database.devices.require(step.device)):
            raise error
        return {ABANDON: f"{step.device} did not take us as its owner"}

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Keep it, or forget it."""
        if ABANDON not in outcome:
            database.devices.set_state(step.device, DeviceState.OWNED)
        else:
            database.devices.remove(step.device)


def _is_given_up(database: ProvisioningDatabase, step: PlanStep) -> bool:
    record = database.devices.get(step.device)
    return record is not None and record.state is DeviceState.REMOVING
