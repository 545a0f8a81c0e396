"""Taking ownership as a recorded operation: the key is in the database before the device has it.

A transfer is not a plan whose steps could be repeated: it makes a key of its own DTLS session, and
of no later one. What can be recorded is the moment at which the device may have that key. There the
key and two steps are written in one transaction: to see whether the device is ours, and to permit
the owner to use it. From then on the operation is one like all others, and whatever ends the
process, those two steps are what remains.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import msgspec

from onboardee.obt.database import (
    DeviceRecord,
    DeviceState,
    Operation,
    PlanStep,
    ProvisioningDatabase,
    Result,
    StepState,
)
from onboardee.obt.discovery import Unowned
from onboardee.obt.errors import ObtError
from onboardee.obt.model import Permission, Rule, Subject, Target, TransferMethod
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.errors import OperationRefusedError
from onboardee.obt.plans.runner import begin, carry_out
from onboardee.obt.plans.surroundings import PlanSurroundings
from onboardee.obt.record import Ownership

USE: Final = int(Permission.RETRIEVE | Permission.UPDATE | Permission.NOTIFY)
"""What the owner may do with all resources, without creating or deleting any."""

Keep = Callable[[Ownership], Awaitable[None]]
Take = Callable[[Keep], Awaitable[OwnedDevice]]
"""Takes ownership with `take_ownership`, to which it hands what it is given as `keep`."""


async def own(  # noqa: PLR0913 - by keyword, with defaults
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: Unowned,
    take: Take,
    *,
    order: str = "lite",
    method: TransferMethod = TransferMethod.JUST_WORKS,
    name: str = "",
    types: tuple[str, ...] = (),
    replace: bool = False,
) -> DeviceRecord:
    """Become the owner of a device, and permit the owner to use it; return its record.

    With `replace` it may have the UUID of a device that is ours already, whose key is lost then.

    Raises:
        OperationRefusedError: if it has that, without `replace`.
        UnfinishedError: if the device may be ours, and could not be asked.
        ObtError: if it is not.

    """
    with database.writing():
        if not replace:
            _require_other(database, device.uuid)
        options = {"order": order, "method": int(method)}
        operation = database.operations.begin("own", (device.uuid,), options=options)
        await database.file.synced()

        async def keep(ownership: Ownership) -> None:
            if not replace:
                _require_other(database, ownership.device, by=operation.id)
            record = DeviceRecord(
                uuid=ownership.device,
                owner=ownership.owner,
                state=DeviceState.PENDING,
                name=name,
                types=types,
                method=method,
                order=order,
                plain=device.plain,
                secured=(ownership.secured, *device.secured),
                former=device.uuid if device.uuid != ownership.device else None,
                key=ownership.key,
            )
            _keep(database, operation, record)
            await database.file.synced()

        try:
            owned = await take(keep)
        except ObtError as error:
            return await _settled(database, around, operation, error)
        except BaseException:
            # somebody gave it up, at the question for the PIN perhaps
            if not database.operations.steps(operation.id):
                database.operations.end(operation.id, Result.FAILED, "it was given up")
            raise
        async with owned:
            confirm = database.operations.steps(operation.id)[0]
            with database.transaction():
                database.operations.mark(operation.id, confirm, StepState.DONE)
                database.devices.set_state(confirm.device, DeviceState.OWNED)
            await carry_out(database, around, operation, device=owned)
        return database.devices.require(confirm.device)


async def confirm(
    database: ProvisioningDatabase, around: PlanSurroundings, device: UUID
) -> DeviceRecord:
    """Find out by a session whether a device that is `pending` is ours; return its record then.

    Raises:
        OperationRefusedError: if it is not in doubt.
        UnfinishedError: if it cannot be asked.
        ObtError: if it still says that it has no owner; its key is kept all the same.

    """
    record = database.devices.require(device)
    if record.state is not DeviceState.PENDING or database.operations.unfinished_of(device):
        raise OperationRefusedError(
            f"{device} is {record.state}; there is nothing to be found out", device
        )
    with database.writing():
        operation = database.operations.begin("own", (device,), _confirming(record))
        ended = await carry_out(database, around, operation)
    if ended.result is Result.UNDONE:
        raise OperationRefusedError(ended.message, device)
    return database.devices.require(device)


def _confirming(record: DeviceRecord) -> tuple[PlanStep, ...]:
    """Return what has to be done from the moment on when a device may have our key."""
    rule = msgspec.to_builtins(use_by(record.owner))
    return (
        PlanStep(action="confirm ownership", device=record.uuid),
        PlanStep(action="add rule", device=record.uuid, body={"rule": rule}),
    )


def _require_other(database: ProvisioningDatabase, uuid: UUID, *, by: int | None = None) -> None:
    """Check that no key of ours is lost: anybody can give his device the UUID of one of ours.

    `by` is the operation that is about to own the device.
    """
    record = database.devices.get(uuid)
    if record is None or record.key is None or record.state is DeviceState.REMOVING:
        return
    others = [each for each in database.operations.unfinished_of(uuid) if each.id != by]
    if record.state is DeviceState.PENDING and not others:
        return  # whoever said that it has no owner is now asked over sessions
    raise OperationRefusedError(
        f"a device {uuid} is ours already; if it was reset without us, "
        "`onboardee obt own --replace` owns it anew and forgets its key",
        uuid,
    )


def use_by(owner: UUID) -> Rule:
    """Return the rule that lets an owner use all resources of its device."""
    subject = Subject(uuid=str(owner))
    return Rule(subject=subject, targets=(Target(wildcard="*"),), permission=USE)


def _keep(database: ProvisioningDatabase, operation: Operation, record: DeviceRecord) -> None:
    """Make the key durable, with what has to be done should this process end now."""
    with database.transaction():
        if database.devices.get(record.uuid) is not None:
            # it was reset without us, and has nothing any more of what it was given
            database.credentials.remove_of(record.uuid)
            database.rules.remove_of(record.uuid)
            database.direct_pairings.remove(record.uuid)
            database.pairings.remove(record.uuid)
        database.devices.put(record)
        database.operations.extend(operation.id, (record.uuid,), _confirming(record))
        # an order may give the device the rule before the transfer is over
        begin(database, operation, database.operations.steps(operation.id)[-1])


async def _settled(
    database: ProvisioningDatabase, around: PlanSurroundings, operation: Operation, error: ObtError
) -> DeviceRecord:
    """Find out whether a device is ours although the transfer failed; else raise `error`."""
    steps = database.operations.steps(operation.id)
    if not steps:
        database.operations.end(operation.id, Result.FAILED, str(error))
        raise error
    ended = await carry_out(database, around, database.operations.require(operation.id))
    if ended.result is Result.UNDONE:
        database.operations.end(operation.id, Result.UNDONE, str(error))
        raise error
    return database.devices.require(steps[0].device)
