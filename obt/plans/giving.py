"""Steps that give devices credentials and access rules, and take them away.

All of them look first: a credential is added by deleting what there is for the same peer and
counting what is there afterwards, a rule is added unless one that says the same is there, and to
delete what is not there is a success. That costs a request or two, and makes each step one that can
be repeated however often.
"""

from dataclasses import replace
from uuid import UUID

import msgspec

from onboardee.obt import model
from onboardee.obt.database import AccessRule, CredentialState, PairwiseCredential
from onboardee.obt.model import Rule
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.plans.action import NOTHING, Action, Outcome
from onboardee.obt.plans.errors import OperationRefusedError


class AddCredential(Action):
    """Give `device` the key that it shares with `peer`."""

    def _credential(self, state: CredentialState) -> PairwiseCredential:
        """Return the record of what this step is about."""
        secret = self.step.secret
        return PairwiseCredential(
            device=self.device,
            peer=self.peer,
            state=state,
            bits=None if secret is None else 8 * len(secret),
            operation=self.operation.id,
        )

    def begin(self) -> None:
        """Note that it may have one."""
        self.database.credentials.put(self._credential(CredentialState.ADDING))

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Replace what there is, so that one is left however often it was sent."""
        peer = self.peer
        assert self.step.secret is not None, "the plan has the key until it is carried out"
        async with device.provisioning():
            await delete_credentials(device, peer)
            await device.add_pairwise_key(peer, self.step.secret)
            found = await pairwise_credids(device, peer)
            for extra in found[:-1]:
                await device.delete_credential(extra)
        return {"credid": found[-1] if found else None}

    def done(self, outcome: Outcome) -> None:
        """Note that it has one, and its number."""
        credential = self._credential(CredentialState.PRESENT)
        self.database.credentials.put(replace(credential, credid=outcome.get("credid")))

    async def take_back(self, device: OwnedDevice) -> None:
        """Delete what it has for the peer."""
        await delete_credentials(device, self.peer)

    def taken_back(self) -> None:
        """Note that it has none."""
        self.database.credentials.remove(self.device, self.peer)


class DeleteCredentials(Action):
    """Delete all that `device` has for `peer`."""

    only_deletes = True

    def begin(self) -> None:
        """Note that it may have none any more."""
        self.database.credentials.set_state(self.device, self.peer, CredentialState.DELETING)

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Delete what is still there."""
        await delete_credentials(device, self.peer)
        return NOTHING

    def done(self, outcome: Outcome) -> None:
        """Note that it has none."""
        self.database.credentials.remove(self.device, self.peer)


class AddRule(Action):
    """Give `device` the rule in the step."""

    @property
    def _rule(self) -> Rule:
        return msgspec.convert(self.step.body["rule"], Rule)

    @property
    def _recorded(self) -> AccessRule | None:
        """What the database says of the rule, since the step was begun."""
        return self.database.rules.of_operation(self.operation.id, self.device)

    def begin(self) -> None:
        """Note that it may have it."""
        if self._recorded is None:
            state, operation = CredentialState.ADDING, self.operation.id
            self.database.rules.put(self.device, self._rule, state, operation=operation)

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Add it unless it is there."""
        rule = self._rule
        found = await device.find_rules(rule)
        if not found:
            try:
                await device.add_rules([rule])
            except ValueError as error:  # OIC 1.1 has no words for it
                raise OperationRefusedError(str(error)) from error
            found = await device.find_rules(rule)
        return {"aceid": found[-1].aceid if found else None}

    def done(self, outcome: Outcome) -> None:
        """Note that it has it, and its number."""
        record = self._recorded
        if record is not None:
            present, aceid = CredentialState.PRESENT, outcome.get("aceid")
            self.database.rules.set_state(record.id, present, aceid=aceid)

    async def take_back(self, device: OwnedDevice) -> None:
        """Delete it, if it is there."""
        await device.delete_rules_like(self._rule)

    def taken_back(self) -> None:
        """Note that it does not have it."""
        record = self._recorded
        if record is not None:
            self.database.rules.remove(record.id)


class DeleteRules(Action):
    """Delete all rules of `device` that are for `peer`."""

    only_deletes = True

    def _rules(self) -> list[int]:
        """Return the numbers that such rules have in the database."""
        known = self.database.rules.for_subject(self.peer)
        return [each.id for each in known if each.device == self.device]

    def begin(self) -> None:
        """Note that it may have none any more."""
        for each in self._rules():
            self.database.rules.set_state(each, CredentialState.DELETING)

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Delete those that are still there."""
        await device.delete_rules_of(self.peer)
        return NOTHING

    def done(self, outcome: Outcome) -> None:
        """Note that it has none."""
        for each in self._rules():
            self.database.rules.remove(each)


class AddCertificate(Action):
    """Give `device` an identity certificate, or one of the role in the step.

    What was signed is recorded before the device gets it, and stays recorded.
    """

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Sign and send it."""
        from onboardee.obt.plans.certifying import add_certificate  # noqa: PLC0415 - it is large

        await add_certificate(self.database, device, self.step)
        return NOTHING


class SetRevocationList(Action):
    """Tell `device` which certificates are revoked; it keeps the newest of several lists."""

    only_deletes = True

    async def carry_out(self, device: OwnedDevice) -> Outcome:
        """Send the list."""
        await device.set_revocations(self.step.body)
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
