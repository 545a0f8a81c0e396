"""Steps at the beginning and at the end of an ownership.

Both have the same difficulty: a device that takes no session with the owner credential may have
lost it, or never had it, and says in the clear only that it has no owner. Nobody signs that answer.
So it is a hint: it ends the operation, and nothing is forgotten on its account. The record of the
device stays `pending`, with its key, until a session says more: one with that key, as `confirm`
tries (the device is ours after all), or those of a transfer by which it is owned anew.
"""

from typing import Final

from onboardee.obt.database import DeviceState, StepState
from onboardee.obt.errors import ObtError
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.action import ABANDON, NOTHING, Action, Outcome
from onboardee.obt.plans.surroundings import PlanSurroundings

UNPROVEN: Final = "unproven"
"""In an outcome: nobody but the device itself, in the clear, says that it has been reset."""


class ResetDevice(Action):
    """Put `device` back into factory state, and forget its key."""

    only_deletes = True

    @property
    def is_moot(self) -> bool:
        """Whether it is not to be reset any more: it has been, or was owned anew."""
        return not is_given_up(self) or super().is_moot

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Ask for it."""
        await device.reset()
        return NOTHING

    async def settle(self, around: PlanSurroundings, error: ObtError) -> Outcome:
        """See whether it seems to have happened: then the device does not know us any more."""
        record = self.database.devices.require(self.device)
        was_asked = self.step.state is StepState.BEGUN
        if not was_asked or not await around.seems_unowned(record):
            raise error
        return {UNPROVEN: True}

    def done(self, outcome: Outcome) -> None:
        """Note that it has nothing any more of what it was given."""
        if not is_given_up(self):
            return
        if UNPROVEN in outcome:
            self.database.devices.set_state(self.device, DeviceState.PENDING)
        else:
            self.database.devices.set_state(self.device, DeviceState.REMOVING, wipe_key=True)
        self.database.credentials.remove_of(self.device)
        self.database.rules.remove_of(self.device)
        self.database.direct_pairings.remove(self.device)
        self.database.pairings.remove(self.device)


class ForgetDevice(Action):
    """Delete the record of `device`, of which nothing is left anywhere."""

    is_local = True

    def done(self, outcome: Outcome) -> None:
        """Do it, unless it was owned anew meanwhile."""
        if is_given_up(self):
            self.database.devices.remove(self.device)


class ConfirmOwnership(Action):
    """See whether `device` has taken the owner credential, and lead it into operation."""

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Bring it from wherever the transfer ended."""
        await device.verify()
        return NOTHING

    async def settle(self, around: PlanSurroundings, error: ObtError) -> Outcome:
        """See whether it seems to wait for an owner still: then nothing remains to be done."""
        if not await around.seems_unowned(self.database.devices.require(self.device)):
            raise error
        return {ABANDON: f"{self.device} says that it did not take us as its owner"}

    def done(self, outcome: Outcome) -> None:
        """Note that it is ours, if it is; else whether it is stays open, see above."""
        if ABANDON not in outcome:
            self.database.devices.set_state(self.device, DeviceState.OWNED)


def is_given_up(action: Action) -> bool:
    """Tell whether the device of a step is to be forgotten, and was not owned anew since."""
    record = action.record
    return record is not None and record.state is DeviceState.REMOVING
