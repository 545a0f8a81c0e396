"""Steps that give devices credentials and access rules, and take them away."""

from dataclasses import replace
from uuid import UUID

import msgspec

from onboardee.obt import model
from onboardee.obt.database import (
    CredentialState,
    Operation,
    PairwiseCredential,
    PlanStep,
    ProvisioningDatabase,
)
from onboardee.obt.model import Rule
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.action import NOTHING, Action, Outcome
from onboardee.obt.plans.errors import RefusedError


class AddCredential(Action):
    """Give `device` the key that it shares with `peer`."""

    def begin(self, database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
        """Note that it may have one."""
        database.credentials.put(_credential(operation, step, CredentialState.ADDING))

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Replace what there is, so that one is left however often it was sent."""
        peer = _peer(step)
        assert step.secret is not None, "the plan has the key until it is carried out"
        async with device.provisioning():
            await delete_credentials(device, peer)
            await device.add_pairwise_key(peer, step.secret)
            found = await pairwise_credids(device, peer)
            for extra in found[:-1]:
                await device.delete_credential(extra)
        return {"credid": found[-1] if found else None}

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note that it has one, and its number."""
        credential = _credential(operation, step, CredentialState.PRESENT)
        database.credentials.put(replace(credential, credid=outcome.get("credid")))

    async def take_back(self, device: OwnedDevice, step: PlanStep) -> None:
        """Delete what it has for the peer."""
        await delete_credentials(device, _peer(step))

    def taken_back(
        self, database: ProvisioningDatabase, operation: Operation, step: PlanStep
    ) -> None:
        """Note that it has none."""
        database.credentials.remove(step.device, _peer(step))


class DeleteCredentials(Action):
    """Delete all that `device` has for `peer`."""

    only_deletes = True

    def begin(self, database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
        """Note that it may have none any more."""
        database.credentials.set_state(step.device, _peer(step), CredentialState.DELETING)

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Delete what is still there."""
        await delete_credentials(device, _peer(step))
        return NOTHING

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note that it has none."""
        database.credentials.remove(step.device, _peer(step))


class AddRule(Action):
    """Give `device` the rule in the step."""

    def begin(self, database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
        """Note that it may have it."""
        if database.rules.of_operation(operation.id, step.device) is None:
            rule = _rule(step)
            database.rules.put(step.device, rule, CredentialState.ADDING, operation=operation.id)

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Add it unless it is there."""
        rule = _rule(step)
        found = await device.find_rules(rule)
        if not found:
            try:
                await device.add_rules([rule])
            except ValueError as error:  # OIC 1.1 has no words for it
                raise RefusedError(str(error)) from error
            found = await device.find_rules(rule)
        return {"aceid": found[-1].aceid if found else None}

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note that it has it, and its number."""
        record = database.rules.of_operation(operation.id, step.device)
        if record is not None:
            present, aceid = CredentialState.PRESENT, outcome.get("aceid")
            database.rules.set_state(record.id, present, aceid=aceid)

    async def take_back(self, device: OwnedDevice, step: PlanStep) -> None:
        """Delete it, if it is there."""
        await device.delete_rules_like(_rule(step))

    def taken_back(
        self, database: ProvisioningDatabase, operation: Operation, step: PlanStep
    ) -> None:
        """Note that it does not have it."""
        record = database.rules.of_operation(operation.id, step.device)
        if record is not None:
            database.rules.remove(record.id)


class DeleteRules(Action):
    """Delete all rules of `device` that are for `peer`."""

    only_deletes = True

    def begin(self, database: ProvisioningDatabase, operation: Operation, step: PlanStep) -> None:
        """Note that it may have none any more."""
        for each in _rules_for(database, step):
            database.rules.set_state(each, CredentialState.DELETING)

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Delete those that are still there."""
        await device.delete_rules_of(_peer(step))
        return NOTHING

    def done(
        self,
        database: ProvisioningDatabase,
        operation: Operation,
        step: PlanStep,
        outcome: Outcome,
    ) -> None:
        """Note that it has none."""
        for each in _rules_for(database, step):
            database.rules.remove(each)


class AddCertificate(Action):
    """Give `device` an identity certificate, or one of the role in the step.

    What was signed is recorded before the device gets it, and stays recorded.
    """

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Sign and send it."""
        from onboardee.obt.plans.certifying import add_certificate  # noqa: PLC0415 - it is large

        await add_certificate(database, device, step)
        return NOTHING


class SetRevocationList(Action):
    """Tell `device` which certificates are revoked; it keeps the newest of several lists."""

    only_deletes = True

    async def carry_out(
        self, device: OwnedDevice, step: PlanStep, database: ProvisioningDatabase
    ) -> Outcome:
        """Send the list."""
        await device.set_revocations(step.body)
        return NOTHING


async def pairwise_credids(device: OwnedDevice, peer: UUID) -> list[int]:
    """Return the numbers of the pairwise credentials that a device shows for `peer`."""
    if not device.shows_what_it_has:
        return []
    return [
        each.credid
        for each in (await device.credentials()).credentials
        if each.kind == model.PAIRWISE and each.subject == str(peer)
    ]


async def delete_credentials(device: OwnedDevice, peer: UUID) -> None:
    """Delete all pairwise credentials that a device has for `peer`, none included."""
    if not device.shows_what_it_has or await pairwise_credids(device, peer):
        await device.delete_credentials_of(peer)


def _peer(step: PlanStep) -> UUID:
    assert step.peer is not None, "this action is about two devices"
    return step.peer


def _rule(step: PlanStep) -> Rule:
    return msgspec.convert(step.body["rule"], Rule)


def _rules_for(database: ProvisioningDatabase, step: PlanStep) -> list[int]:
    return [
        each.id for each in database.rules.for_subject(_peer(step)) if each.device == step.device
    ]


def _credential(operation: Operation, step: PlanStep, state: CredentialState) -> PairwiseCredential:
    return PairwiseCredential(
        device=step.device,
        peer=_peer(step),
        state=state,
        bits=None if step.secret is None else 8 * len(step.secret),
        operation=operation.id,
    )
