"""Many devices changing hands: side by side, each tried again after a silence.

A fleet is owned like a single device, many times: each has its own operation in the database, whose
key is durable before that device gets it. So whatever happens to one of them, or to this process,
the others are as they would be without it, and `resume` has one thing to do for each that was in
the middle. What is added here is the patience with bad networks: who did not answer is asked again
once the others had their turn, as the silence may have been the noise that a fleet itself makes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from onboardee.obt.database import DeviceRecord, ProvisioningDatabase
from onboardee.obt.discovery import Unowned
from onboardee.obt.errors import NoAnswerError, ObtError, SessionEndedError
from onboardee.obt.plans.errors import UnfinishedError
from onboardee.obt.plans.operations import resume
from onboardee.obt.plans.surroundings import PlanSurroundings

RETRIES: Final = 2
"""How often a silent device is asked again."""


@dataclass(slots=True)
class FleetMember:
    """A device of the fleet, and how far it is.

    `attempts` counts the turns that it had; `error` is that of the last one, so that a device which
    is ours after two silences has none.
    """

    device: Unowned
    record: DeviceRecord | None = None
    """Set once it is ours."""
    error: ObtError | None = None
    """Why it is not, as the last attempt ended."""
    attempts: int = 0
    """How often it was tried."""
    is_settled: bool = False
    """It is ours, or has said no: it is not asked again."""


OwnOne = Callable[[Unowned], Awaitable[DeviceRecord]]
"""Owns one device; raises `ObtError`."""
OnMember = Callable[[FleetMember], None]
"""Is told of each device that has come to its end."""


@dataclass(slots=True)
class Fleet:
    """Devices that are to be owned; `members` tells what became of each, in the order given.

    `on_member` is called when a device is ours, has refused, or was silent for the last time.
    """

    database: ProvisioningDatabase
    around: PlanSurroundings
    own_one: OwnOne
    retries: int = RETRIES
    """How often a device that fell silent is tried again."""
    on_member: OnMember | None = None
    members: list[FleetMember] = field(default_factory=list)

    async def own(self, devices: Sequence[Unowned]) -> list[FleetMember]:
        """Own all, as many side by side as the surroundings allow.

        Raises nothing on account of a device: `FleetMember.error` has it.
        """
        self.members = [FleetMember(device) for device in devices]
        for left in reversed(range(self.retries + 1)):
            waiting = [each for each in self.members if not each.is_settled]
            works = [partial(self._attempt, each, is_last=not left) for each in waiting]
            await self.around.together(works)
        return self.members

    async def _attempt(self, member: FleetMember, *, is_last: bool) -> None:
        member.attempts += 1
        try:
            member.record = await self._owned(member)
            member.error = None
        except ObtError as error:
            member.error = error
        member.is_settled = is_last or member.error is None or not _may_help(member.error)
        if member.is_settled and self.on_member is not None:
            self.on_member(member)

    async def _owned(self, member: FleetMember) -> DeviceRecord:
        """Own a device; one that may have our key already is asked whether it does."""
        before = member.error
        if isinstance(before, UnfinishedError):
            await resume(self.database, self.around, before.operation.id)
            known = self.database.devices.get(before.operation.devices[0])
            if known is not None and known.state == "owned":
                return known
        return await self.own_one(member.device)


def _may_help(error: ObtError) -> bool:
    """Tell whether another attempt may end otherwise: a silence may, a refusal will not."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnfinishedError | SessionEndedError):
            return True
        if isinstance(cause, NoAnswerError):
            return cause is not error  # what comes without a step is a limit that was set
        cause = cause.__cause__
    return False
