"""The operations on devices of the database: what each consists of, and when it is refused.

What is here is only the making of plans: the checks that need no device, and the steps in their
order. `link` and `allow` are all or nothing; `unlink`, `remove` and `reset` go on wherever they
can, as each step makes things better by itself, and what was out of reach remains to be done.
Between two devices one operation is under way at a time, but for one that deletes: it takes over
what the others have left.
"""

from typing import Any, Final
from uuid import UUID

import msgspec

from onboardee.obt.database import (
    DeviceState,
    Operation,
    PlanStep,
    ProvisioningDatabase,
    Result,
)
from onboardee.obt.model import Rule
from onboardee.obt.plans.errors import OperationRefusedError, command
from onboardee.obt.plans.runner import carry_out
from onboardee.obt.plans.surroundings import OnProgress, PlanSurroundings

BITS: Final = (128, 256)
"""How long a pairwise key can be."""


async def link(  # noqa: PLR0913 - the last three have defaults
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    one: UUID,
    other: UUID,
    *,
    bits: int = 128,
    rules: tuple[Rule | None, Rule | None] = (None, None),
    on_progress: OnProgress | None = None,
) -> Operation:
    """Give two devices a key that they share, and each a rule for the other.

    The first of `rules` is for `one`, the second for `other`; None for no rule.

    Raises:
        OperationRefusedError: if a device is not ours, or they are linked.
        UnfinishedError: if a device is left with something that the other does not know.
        ObtError: if a device refused, and nothing is left of it.

    """
    if bits not in BITS:
        raise OperationRefusedError(f"a pairwise key has 128 or 256 bits, not {bits}")
    if one == other:
        raise OperationRefusedError(f"{one} cannot be linked with itself")
    _require_owned(database, one)
    _require_owned(database, other)
    with database.writing():
        _require_no_other(database, {one, other})
        if other in database.credentials.linked_with(one):
            raise OperationRefusedError(f"{one} and {other} are linked already")
        key = around.entropy.token(bits // 8)
        sides = ((one, other), (other, one))
        steps = [
            PlanStep(action="add credential", device=device, peer=peer, secret=key)
            for device, peer in sides
        ]
        steps += [
            PlanStep(action="add rule", device=device, peer=peer, body={"rule": _plain(rule)})
            for (device, peer), rule in zip(sides, rules, strict=True)
            if rule is not None
        ]
        operation = database.operations.begin("link", (one, other), steps, options={"bits": bits})
        return await carry_out(database, around, operation, on_progress)


async def unlink(  # noqa: PLR0913 - the last two have defaults
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    one: UUID,
    other: UUID,
    *,
    keep_rules: bool = False,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Delete what two devices have for each other: credentials, and rules unless they are kept.

    Raises:
        OperationRefusedError: if the two are not linked, not even half.
        UnfinishedError: if one of them could not be reached.

    """
    _require_known(database, one)
    _require_known(database, other)
    with database.writing():
        sides = ((one, other), (other, one))
        if not any(_has_anything(database, device, peer) for device, peer in sides):
            raise OperationRefusedError(f"{one} and {other} are not linked")
        actions = ["delete credentials"] + ([] if keep_rules else ["delete rules"])
        steps = [
            PlanStep(action=action, device=device, peer=peer)
            for device, peer in sides
            for action in actions
        ]
        operation = database.operations.begin(
            "unlink", (one, other), steps, options={"keep_rules": keep_rules}
        )
        database.operations.supersede(operation.id, (one, other))
        return await carry_out(database, around, operation, on_progress)


async def remove(
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    *,
    reset: bool = False,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Delete what all other devices have for one, and forget it; before that reset it, if wanted.

    If it has certificates, all others with certificates are told that those are revoked.
    A device that is not reset remains ours as it sees it, and nobody has its key any more.

    Raises:
        UnfinishedError: if devices could not be reached.

    """
    _require_known(database, device)
    with database.writing():
        steps = [
            PlanStep(action=action, device=each, peer=device)
            for each in _those_that_know(database, device)
            for action in ("delete credentials", "delete rules")
        ]
        with database.transaction():
            if any(each.revoked is None for each in database.certificates.of(device)):
                from onboardee.obt.plans.certifying import revocation_steps  # noqa: PLC0415

                steps += revocation_steps(database, device)
            if reset:
                steps.append(PlanStep(action="reset", device=device))
            steps.append(PlanStep(action="forget", device=device))
            kind = "reset" if reset else "remove"
            operation = database.operations.begin(kind, (device,), steps)
            database.operations.supersede(operation.id, (device,))
            database.devices.set_state(device, DeviceState.REMOVING)
        return await carry_out(database, around, operation, on_progress)


async def allow(
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    device: UUID,
    rule: Rule,
    *,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Give a device an access rule.

    Raises:
        OperationRefusedError: if the device is not ours.
        UnfinishedError: if it may have the rule, and cannot be asked.
        ObtError: if it refused.

    """
    _require_owned(database, device)
    steps = [PlanStep(action="add rule", device=device, body={"rule": _plain(rule)})]
    with database.writing():
        if any(each.rule.says_the_same_as(rule) for each in database.rules.of(device)):
            raise OperationRefusedError(f"{device} was given this rule already", device)
        operation = database.operations.begin("allow", (device,), steps)
        return await carry_out(database, around, operation, on_progress)


async def resume(
    database: ProvisioningDatabase,
    around: PlanSurroundings,
    number: int,
    *,
    on_progress: OnProgress | None = None,
) -> Operation:
    """Do what remains of an operation that was interrupted, or could not reach all devices.

    Raises:
        OperationRefusedError: if nothing remains of it.
        UnfinishedError: if something still does.
        ObtError: if it failed, and nothing is left of it.

    """
    with database.writing():
        operation = database.operations.require(number)
        if not operation.is_unfinished:
            raise OperationRefusedError(f"operation {number} has ended: {operation.result}")
        return await carry_out(database, around, operation, on_progress)


def forget(database: ProvisioningDatabase, device: UUID, *, force: bool = False) -> None:
    """Delete the record of a device that has vanished, without asking anybody.

    Raises:
        OperationRefusedError: if other devices have something for it, unless that is to be
            forgotten, too.

    This is for devices that will not come back. Whatever others have for it stays on them, and with
    `force` nobody knows of it any more.
    """
    _require_known(database, device)
    with database.writing(), database.transaction():
        others = _those_that_know(database, device)
        if others and not force:
            listed = ", ".join(map(str, others[:4]))
            raise OperationRefusedError(
                f"{len(others)} devices have credentials or rules for {device} ({listed}); "
                f"`onboardee obt remove {device}` deletes them, --force forgets them",
                device,
            )
        operation = database.operations.begin("forget", (device,))
        for each in others:
            database.credentials.remove(each, device)
        for rule in database.rules.for_subject(device):
            database.rules.remove(rule.id)
        database.operations.supersede(operation.id, (device,))
        database.pairings.remove(device)
        database.devices.remove(device)
        database.operations.end(operation.id, Result.DONE)


def _those_that_know(database: ProvisioningDatabase, device: UUID) -> list[UUID]:
    """Return the devices that have, or may have, something for another."""
    holders = [each.device for each in database.credentials.concerning(device)]
    holders += [each.device for each in database.rules.for_subject(device)]
    return [each for each in dict.fromkeys(holders) if each != device]


def _has_anything(database: ProvisioningDatabase, device: UUID, peer: UUID) -> bool:
    """Tell whether a device has, or may have, anything for another one."""
    rules = database.rules.for_subject(peer)
    return database.credentials.get(device, peer) is not None or any(
        each.device == device for each in rules
    )


def _require_known(database: ProvisioningDatabase, device: UUID) -> None:
    """Require that the database knows a device. Raises `DatabaseError`."""
    database.devices.require(device)


def _require_owned(database: ProvisioningDatabase, device: UUID) -> None:
    """Require that a device is ours, and not about to be given up.

    Raises `OperationRefusedError`.
    """
    record = database.devices.require(device)
    if record.state is not DeviceState.OWNED:
        raise OperationRefusedError(
            f"{device} is not ours, or not any more: {record.state}", device
        )


def _require_no_other(database: ProvisioningDatabase, devices: set[UUID]) -> None:
    """Check that no other operation is going to change what the devices have for each other."""
    for each in database.operations.unfinished():
        left = database.operations.remaining(each)
        if any({step.device, step.peer} == devices for step in left):
            raise OperationRefusedError(
                f"operation {each.id} ({each.kind}) between these devices is unfinished; "
                f"`{command(each)}` completes it"
            )


def _plain(rule: Rule) -> Any:
    """Return a rule as it is kept in a plan."""
    return msgspec.to_builtins(rule)
