"""Carrying out a recorded plan, now or after an interruption.

Before a request is sent the database says that it may be; after the answer it says what the device
has. So wherever the process ends, the next one knows which steps to repeat or to take back.
"""

from typing import Final
from uuid import UUID

from onboardee.obt.database import (
    Direction,
    Operation,
    PlanStep,
    ProvisioningDatabase,
    Result,
    StepState,
)
from onboardee.obt.errors import LinkError, ObtError, about
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.action import ABANDON, NOTHING, Action, Outcome
from onboardee.obt.plans.actions import ACTIONS
from onboardee.obt.plans.errors import UnfinishedError
from onboardee.obt.plans.surroundings import OnProgress, Progress, Surroundings

UNDONE_ON_FAILURE: Final = frozenset({"link", "allow"})
"""Kinds of operations that add something: all of it or nothing. Others go on where they can."""
ENDED_BY_REFUSAL: Final = frozenset({"certify", "role"})
"""Kinds of operations of which nothing remains if the device says no."""
FINAL: Final = frozenset({StepState.DONE, StepState.UNDONE})
MAX_LISTED: Final = 4
"""Devices in a message."""


async def carry_out(
    database: ProvisioningDatabase,
    around: Surroundings,
    operation: Operation,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Do what remains of an operation; return it as it is then.

    Raises:
        UnfinishedError: if something still remains, and which command does it.
        ObtError: if the operation failed, and nothing of it is left.

    """
    with database.writing():
        run = _Run(database, around, operation, on_progress)
        try:
            return await run.all()
        finally:
            run.close()


class _Run:
    """One attempt to complete an operation."""

    def __init__(
        self,
        database: ProvisioningDatabase,
        around: Surroundings,
        operation: Operation,
        on_progress: OnProgress | None,
    ) -> None:
        self._database = database
        self._around = around
        self._operation = operation
        self._steps = database.operations.steps(operation.id)
        self._on_progress = on_progress
        self._devices: dict[UUID, OwnedDevice] = {}
        self._unreachable: dict[UUID, ObtError] = {}
        self._abandoned = ""
        """Why the rest of the steps has no sense any more."""

    def close(self) -> None:
        """End all sessions."""
        for device in self._devices.values():
            device.close()
        self._devices.clear()

    async def all(self) -> Operation:
        """Go forward, and back if that fails and the operation is one of all or nothing."""
        if not self._steps:
            return self._end(Result.FAILED, "it was interrupted before anything was changed")
        failure: ObtError | None = None
        message = self._operation.message
        if self._operation.direction is Direction.FORWARD:
            failure = await self._forward()
            if self._abandoned:
                return self._end(Result.UNDONE, self._abandoned)
            if failure is None:
                return self._end(Result.DONE)
            if self._operation.kind in ENDED_BY_REFUSAL and not _is_silence(failure):
                self._end(Result.FAILED, str(failure))
                raise failure
            if self._operation.kind not in UNDONE_ON_FAILURE:
                self._end(Result.OPEN, str(failure))
                raise UnfinishedError(self._operation, self._remaining()) from failure
            message = str(failure)
            self._database.operations.turn_back(self._operation.id, message)
        back = await self._back()
        if back is not None:
            self._end(Result.OPEN, message)
            raise UnfinishedError(self._operation, f"{message}; undoing it: {back}") from back
        ended = self._end(Result.UNDONE, message)
        if failure is not None:
            raise failure
        return ended

    def _end(self, result: Result, message: str = "") -> Operation:
        self._database.operations.end(self._operation.id, result, message)
        self._operation = self._database.operations.require(self._operation.id)
        return self._operation

    async def _forward(self) -> ObtError | None:
        """Do the steps; return the first failure, after it the others only if all are wanted."""
        first: ObtError | None = None
        for index, step in enumerate(self._steps):
            if step.state in FINAL:
                continue
            if ACTIONS[step.action].is_local and first is not None:
                continue
            error = await self._attempt(index, step)
            first = first or error
            if self._abandoned or (first and self._operation.kind in UNDONE_ON_FAILURE):
                return first
            self._release(index)
        return first

    async def _attempt(self, index: int, step: PlanStep) -> ObtError | None:
        """Do one step; return why it could not be done."""
        error: ObtError | None = None
        try:
            with about(step.device):
                outcome = await self._outcome(step)
        except ObtError as failure:
            error = failure
            self._lose(step.device, failure)
            self._note(step, str(failure))
        else:
            with self._database.transaction():
                self._mark(step, StepState.DONE)
                ACTIONS[step.action].done(self._database, self._operation, step, outcome)
            self._abandoned = str(outcome.get(ABANDON, ""))
        self._tell(index, step, error)
        return error

    async def _outcome(self, step: PlanStep) -> Outcome:
        action = ACTIONS[step.action]
        if action.is_local or action.is_moot(self._database.devices.get(step.device)):
            return NOTHING
        try:
            device = await self._reach(step.device)
        except ObtError as error:
            return await action.settle(self._around, self._database, step, error)
        self._begin(step, action)
        return await action.carry_out(device, step, self._database)

    async def _back(self) -> ObtError | None:
        """Take back what was done, the last first; return what keeps us from it."""
        first: ObtError | None = None
        for index in reversed(range(len(self._steps))):
            step = self._current(index)
            if step.state in {StepState.WAITING, StepState.UNDONE}:
                continue
            error: ObtError | None = None
            try:
                with about(step.device):
                    await self._take_back(step)
            except ObtError as failure:
                error = failure
                self._lose(step.device, failure)
                self._note(step, str(failure))
            self._tell(index, step, error)
            first = first or error
        return first

    async def _take_back(self, step: PlanStep) -> None:
        action = ACTIONS[step.action]
        if self._database.devices.get(step.device) is not None:
            await action.take_back(await self._reach(step.device), step)
        with self._database.transaction():
            self._mark(step, StepState.UNDONE)
            action.taken_back(self._database, self._operation, step)

    async def _reach(self, uuid: UUID) -> OwnedDevice:
        """Return the device with a session; what was out of reach once is not tried again."""
        if uuid in self._unreachable:
            raise self._unreachable[uuid]
        if uuid not in self._devices:
            record = self._database.devices.require(uuid)
            try:
                self._devices[uuid] = await self._around.reach(record)
            except ObtError as error:
                self._unreachable[uuid] = error
                raise
            # an operation before this one may have ended in the middle of a change
            await self._devices[uuid].return_to_operation()
        return self._devices[uuid]

    def _lose(self, uuid: UUID, error: ObtError) -> None:
        """Do not wait again for a device that has just been silent."""
        if _is_silence(error) and uuid in self._devices:
            self._devices.pop(uuid).close()
            self._unreachable[uuid] = error

    def _release(self, index: int) -> None:
        """End the sessions with devices that no further step needs."""
        needed = {each.device for each in self._steps[index + 1 :]}
        for uuid in set(self._devices) - needed:
            self._devices.pop(uuid).close()

    def _begin(self, step: PlanStep, action: Action) -> None:
        with self._database.transaction():
            self._mark(step, StepState.BEGUN)
            action.begin(self._database, self._operation, step)

    def _mark(self, step: PlanStep, state: StepState) -> None:
        self._database.operations.mark(self._operation.id, step, state)

    def _note(self, step: PlanStep, error: str) -> None:
        self._database.operations.note(self._operation.id, step, error)

    def _current(self, index: int) -> PlanStep:
        """Return a step as the database has it now."""
        return self._database.operations.steps(self._operation.id)[index]

    def _remaining(self) -> str:
        """Say what remains, and why."""
        left = [
            each
            for each in self._database.operations.steps(self._operation.id)
            if each.state not in FINAL and not ACTIONS[each.action].is_local
        ]
        devices = list(dict.fromkeys(each.device for each in left))
        listed = ", ".join(map(str, devices[:MAX_LISTED]))
        more = f" and {len(devices) - MAX_LISTED} more" if len(devices) > MAX_LISTED else ""
        count = "1 step remains" if len(left) == 1 else f"{len(left)} steps remain"
        return f"{count} at {listed}{more}: {left[0].error if left else ''}"

    def _tell(self, index: int, step: PlanStep, error: ObtError | None) -> None:
        if self._on_progress is not None:
            text = "" if error is None else str(error)
            total = len(self._steps)
            self._on_progress(Progress(self._operation, step, index + 1, total, text))


def _is_silence(error: ObtError) -> bool:
    """Tell whether nobody knows what the device did, as it did not answer."""
    return isinstance(error.__cause__, LinkError)
