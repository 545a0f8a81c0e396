"""Carrying out a recorded plan, now or after an interruption.

Before a request is sent the database says that it may be; after the answer it says what the device
has. So wherever the process ends, the next one knows which steps to repeat or to take back.

Devices are worked at side by side, as nearly all the time is spent waiting for them: for their
flash, for a radio, or for one that is away. The steps of one device stay in their order, and steps
that change the database only come when all others are done. Everything happens in one thread, and
no transaction contains an `await`, so what is recorded needs no further locks.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from onboardee.obt.database import (
    Operation,
    PlanDirection,
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
from onboardee.obt.plans.surroundings import OnProgress, PlanSurroundings, Progress

UNDONE_ON_FAILURE: Final = frozenset({"link", "allow"})
"""Kinds of operations that add something: all of it or nothing. Others go on where they can."""
ENDED_BY_REFUSAL: Final = frozenset({"certify", "role"})
"""Kinds of operations of which nothing remains if the device says no."""
FINAL: Final = frozenset({StepState.DONE, StepState.UNDONE})
"""The states of a step that nothing is to be done with any more."""
STEP_SECONDS: Final = 120.0
"""For one step at a device: one that answers slower than this keeps the others waiting."""
MAX_LISTED: Final = 4
"""Devices in a message."""


async def carry_out(
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    operation: Operation,
    on_progress: OnProgress | None = None,
    *,
    device: OwnedDevice | None = None,
) -> Operation:
    """Do what remains of an operation; return it as it is then.

    `device` is one that has a session already and is in normal operation; it is closed in the end.

    Raises:
        UnfinishedError: if something still remains, and which command does it.
        ObtError: if the operation failed, and nothing of it is left.

    """
    with database.writing():
        run = _Run(database, around, operation, on_progress)
        if device is not None:
            run.take_over(device)
        try:
            ended = await run.all()
            await database.file.synced()
            return ended
        finally:
            run.close()


def begin(database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
    """Record, before a step is carried out, what the device may have from now on."""
    with database.transaction():
        database.operations.mark(operation.id, step, StepState.BEGUN)
        ACTIONS[step.action](database, operation, step).begin()


class _Run:
    """One attempt to complete an operation.

    It holds what is true for this attempt only: sessions, devices that did not answer, failures.
    All that has to be known by the next attempt is in the database.
    """

    def __init__(
        self,
        database: ProvisioningDatabase,
        around: PlanSurroundings,
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
        self._failures: dict[int, ObtError] = {}
        """What could not be done in this direction, by the number of the step."""
        self._ended = 0
        """Steps that have come to an end, well or not."""
        self._abandoned = ""
        """Why the rest of the steps has no sense any more."""

    def take_over(self, device: OwnedDevice) -> None:
        """Use a session that is open already."""
        self._devices[device.ownership.device] = device

    def close(self) -> None:
        """End all sessions."""
        for device in self._devices.values():
            device.close()
        self._devices.clear()

    async def all(self) -> Operation:
        """Go forward, and back if that fails and the operation is one of all or nothing.

        There are four ends: done; undone, where the failure is raised or, after an interruption,
        told in the record; open, with `UnfinishedError`; and failed, where a device said no to a
        step of which nothing remains.
        """
        if not self._steps:
            return self._end(Result.FAILED, "it was interrupted before anything was changed")
        failure: ObtError | None = None
        message = self._operation.message
        if self._operation.direction is PlanDirection.FORWARD:
            failure = await self._forward()
            if self._abandoned:
                return self._end(Result.UNDONE, self._abandoned)
            if failure is None:
                return self._end(Result.DONE)
            if self._operation.kind in ENDED_BY_REFUSAL and not _is_silence(failure):
                self._end(Result.FAILED, str(failure))
                raise failure
            if not self._is_all_or_nothing:
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

    @property
    def _is_all_or_nothing(self) -> bool:
        return self._operation.kind in UNDONE_ON_FAILURE

    @property
    def _has_to_stop(self) -> bool:
        """Whether no further step is to be begun."""
        return bool(self._abandoned or (self._failures and self._is_all_or_nothing))

    @property
    def _is_last(self) -> bool:
        """Whether all steps but the one at hand are done."""
        return self._ended + 1 == len(self._steps) and not self._failures

    @property
    def _first_failure(self) -> ObtError | None:
        """The one of the earliest step, whichever was met first."""
        return self._failures[min(self._failures)] if self._failures else None

    def _end(self, result: Result, message: str = "") -> Operation:
        """Record the end unless it is done already; return the operation as it is then."""
        if self._operation.result is not Result.DONE:
            self._database.operations.end(self._operation.id, result, message)
            self._operation = self._database.operations.require(self._operation.id)
        return self._operation

    async def _forward(self) -> ObtError | None:
        """Do the steps; return the failure of the earliest, after all others if all are wanted."""
        self._ended = sum(step.state in FINAL for step in self._steps)
        left = [step for step in self._steps if step.state not in FINAL]
        await self._at_devices(
            [step for step in left if not ACTIONS[step.action].is_local], self._do
        )
        for step in left:
            if ACTIONS[step.action].is_local and not self._failures and not self._abandoned:
                await self._do(step)
        return self._first_failure

    async def _back(self) -> ObtError | None:
        """Take back what was done, at each device the last first; return what keeps us from it."""
        self._failures.clear()
        steps = self._database.operations.steps(self._operation.id)
        left = [each for each in steps if each.state not in {StepState.WAITING, StepState.UNDONE}]
        self._ended = len(steps) - len(left)
        await self._at_devices(left[::-1], self._undo)
        return self._first_failure

    async def _at_devices(
        self, steps: Sequence[PlanStep], work: Callable[[PlanStep], Awaitable[None]]
    ) -> None:
        """Do something for each step: one after the other at a device, the devices side by side.

        `steps` are in the order in which they are to be done; those of one device keep it among
        themselves. `work` notes what goes wrong itself, so what leaves it is no device's fault, and
        ends all.
        """
        queues: dict[UUID, list[PlanStep]] = {}
        for step in steps:
            queues.setdefault(step.device, []).append(step)

        async def at_one(device: UUID, queue: list[PlanStep]) -> None:
            for step in queue:
                await work(step)
            # what was given may have to be taken back, over the same session
            if not self._is_all_or_nothing and device in self._devices:
                self._devices.pop(device).close()

        await self._around.together([partial(at_one, *item) for item in queues.items()])

    async def _do(self, step: PlanStep) -> None:
        """Do one step, unless no further one is to be begun; note why it could not be done.

        The begin of a step and its end are one transaction each, with the network in between.
        """
        if self._has_to_stop:
            return
        action = self._action(step)
        error: ObtError | None = None
        try:
            with about(step.device):
                outcome = await self._outcome(step, action)
        except ObtError as failure:
            error = failure
            self._fail(step, failure)
        else:
            self._abandoned = self._abandoned or str(outcome.get(ABANDON, ""))
            with self._database.transaction():
                self._mark(step, StepState.DONE)
                action.done(outcome)
                if self._is_last and not self._abandoned:
                    # with the last step, so that both are one sync of the disk
                    self._end(Result.DONE)
        self._tell(step, error)

    async def _outcome(self, step: PlanStep, action: Action) -> Outcome:
        """Carry out a step at its device; a step that changes nothing there asks for nothing."""
        if action.is_local or action.is_moot:
            return NOTHING
        try:
            device = await self._reach(step.device)
        except ObtError as error:
            return await action.settle(self._around, error)
        if step.state is not StepState.BEGUN or step.error:
            begin(self._database, self._operation, step)
            await self._database.file.synced()
        with device.within(STEP_SECONDS):
            return await action.carry_out(device)

    async def _undo(self, step: PlanStep) -> None:
        """Take one step back; note why it could not be.

        A device that was forgotten meanwhile has nothing that could be taken back from it.
        """
        action = self._action(step)
        error: ObtError | None = None
        try:
            with about(step.device):
                if action.record is not None:
                    device = await self._reach(step.device)
                    with device.within(STEP_SECONDS):
                        await action.take_back(device)
        except ObtError as failure:
            error = failure
            self._fail(step, failure)
        else:
            with self._database.transaction():
                self._mark(step, StepState.UNDONE)
                action.taken_back()
        self._tell(step, error)

    def _action(self, step: PlanStep) -> Action:
        return ACTIONS[step.action](self._database, self._operation, step)

    async def _reach(self, uuid: UUID) -> OwnedDevice:
        """Return the device with a session; what was out of reach once is not tried again.

        The session stays open for the further steps at the device.
        """
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

    def _fail(self, step: PlanStep, error: ObtError) -> None:
        """Note a failure; a device that has just been silent is not waited for again."""
        self._failures[step.number] = error
        self._database.operations.note(self._operation.id, step, str(error))
        if _is_silence(error) and step.device in self._devices:
            self._devices.pop(step.device).close()
            self._unreachable[step.device] = error

    def _mark(self, step: PlanStep, state: StepState) -> None:
        """Note how far a step is."""
        self._database.operations.mark(self._operation.id, step, state)

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

    def _tell(self, step: PlanStep, error: ObtError | None) -> None:
        """Tell whoever watches that a step has come to its end, well or not."""
        self._ended += 1
        if self._on_progress is not None:
            text = "" if error is None else str(error)
            self._on_progress(Progress(self._operation, step, self._ended, len(self._steps), text))


def _is_silence(error: ObtError) -> bool:
    """Tell whether nobody knows what the device did, as it did not answer."""
    return isinstance(error.__cause__, LinkError)
