"""A device of ours that is talked to in the words of OIC 1.1.

IoTivity 1.1 and 1.2 have `acl` instead of `acl2`, rules without numbers, modes (`cm`, `tm`, `om`)
instead of the states of `dos`, and no RFPRO: they are provisioned while they work. IoTivity 1.1.0
is older still and shows nobody what it has. Here the same operations as in `managing` are said in
those words, so that plans and commands need not know which kind a device is of.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from onboardee.obt import model, old_model
from onboardee.obt.access import timed
from onboardee.obt.cbor import Body
from onboardee.obt.errors import OnboardingError
from onboardee.obt.model import ACL, CLIENT_DIRECTED, PSTAT, TAKE_OWNER, Rule, State
from onboardee.obt.owned import OwnedDevice
from onboardee.obt.style import Style
from onboardee.wire.coap import Code

RESET: Final = 1
"""The bit of `cm` that asks for a reset."""
ANYBODY: Final = "*"
"""The subject and the path that stand for all of them (OIC Security 12.2)."""

_NONE_THERE: Final = frozenset({Code.NOT_FOUND, Code.BAD_REQUEST})
"""How IoTivity 1.1.0 answers a DELETE that has nothing to delete: with the second."""


class OldOwnedDevice(OwnedDevice):
    """Operations of the owner on a device of OIC 1.1, which is provisioned while it works.

    Its rules have no numbers: `rules`, `delete_rule`, roles and certificates are of today.
    """

    async def _reset_body(self) -> Body:
        """Return a reset in the modes that the device has."""
        if self._style.is_oldest:
            raise OnboardingError(
                f"enter RESET ({PSTAT})",
                expected="a device that its owner can reset",
                came="IoTivity 1.1.0 is reset at the device only",
            )
        old = await self._old_pstat()
        directed = old.client_directed or CLIENT_DIRECTED
        return {"isop": False, "cm": RESET, "tm": TAKE_OWNER, "om": directed}

    async def _old_pstat(self) -> old_model.OldPstat:
        """Read the modes as they are."""
        return await self._get("read the onboarding state", PSTAT, old_model.OldPstat)

    @timed
    async def pstat(self) -> model.Pstat:
        """Read the onboarding state, which the modes stand for."""
        old = await self._old_pstat()
        return model.Pstat(
            dos=model.Dos(state=_state(old)),
            operational=old.operational,
            current_mode=old.current_mode,
            target_mode=old.target_mode,
            operation_mode=old.operation_mode,
            supported_modes=old.supported_modes,
            resource_owner=old.resource_owner,
        )

    @timed
    async def add_rules(self, rules: Iterable[Rule]) -> None:
        """Add access rules. Raises `ValueError` for one that OIC 1.1 has no words for."""
        aces = [_entry(rule, self._style) for rule in rules]
        body = {"aclist": {"aces": aces}, "rowneruuid": str(self.ownership.owner)}
        await self.dialogue().post("add access rules", await self.connect(), ACL, body)

    @timed
    async def rules(self) -> model.Acl2:
        """Read the access rules, which have no numbers."""
        old = await self._get("read the access rules", ACL, old_model.OldAcl)
        rules = tuple(_rule(each) for each in old.entries.rules)
        return model.Acl2(rules=rules, resource_owner=old.resource_owner)

    @property
    def shows_what_it_has(self) -> bool:
        """Tell whether its credentials and rules can be read."""
        return not self._style.is_oldest

    @timed
    async def delete_credentials_of(self, subject: UUID) -> None:
        """Delete all credentials about somebody; those that are not shown may be none."""
        try:
            await super().delete_credentials_of(subject)
        except OnboardingError as error:
            if self.shows_what_it_has or error.code not in _NONE_THERE:
                raise

    @timed
    async def delete_rules_of(self, subject: UUID) -> None:
        """Delete all access rules that are for one UUID, if there are any.

        IoTivity 1.1.0's server ends at the request, so there they stay, as with its own client:
        without a credential nobody is that subject.
        """
        if self.shows_what_it_has:
            await super().delete_rules_of(subject)

    @timed
    async def delete_rules_like(self, rule: Rule) -> None:
        """Delete all access rules that say the same as `rule`, if there are any.

        Raises `OnboardingError` for IoTivity 1.1.0: nobody can tell there which rules it has.
        """
        if not self.shows_what_it_has:
            raise OnboardingError(
                f"read the access rules ({ACL})",
                expected="a device that shows its rules",
                came="IoTivity 1.1.0 shows them to nobody",
            )
        await super().delete_rules_like(rule)

    async def _delete_rules(self, rules: list[Rule]) -> None:
        """Delete by subject, as there is no other name for a rule; its others are added again."""
        for subject in {str(each.subject.uuid) for each in rules}:
            before = (await self.rules()).rules
            kept = [each for each in before if each.subject.uuid == subject and each not in rules]
            await self._delete("delete access rules", ACL, f"subjectuuid={subject}")
            if kept:
                await self.add_rules(kept)

    async def _enter(self, state: State) -> None:
        """Stay: in OIC 1.1 a device is provisioned in normal operation."""


def _state(pstat: old_model.OldPstat) -> State:
    """Return the state of today that modes stand for."""
    if pstat.current_mode & RESET:
        return State.RESET
    if pstat.current_mode & TAKE_OWNER:
        return State.RFOTM
    return State.RFNOP if pstat.operational else State.RFPRO


def _rule(entry: old_model.OldRule) -> Rule:
    """Return an entry in the form of today; `*` is everybody, in the clear too."""
    targets = tuple(
        model.Target(wildcard=ANYBODY) if each.href == ANYBODY else model.Target(href=each.href)
        for each in entry.resources
    )
    if entry.subject == ANYBODY:
        subject = model.Subject(connection="anon-clear")
    else:
        subject = model.Subject(uuid=entry.subject)
    return Rule(subject=subject, targets=targets, permission=entry.permission)


def _entry(rule: Rule, style: Style) -> dict[str, Any]:
    """Return a rule as OIC 1.1 has it. Raises ValueError for what it cannot say."""
    subject = rule.subject.uuid
    if rule.subject.connection == "anon-clear":
        subject = ANYBODY
    hrefs = [target.href or target.wildcard or "-" for target in rule.targets]
    if subject is None or {"+", "-"} & set(hrefs):
        raise ValueError("a rule of OIC 1.1 is about a UUID or anybody, and about paths or *")
    resources = [style.old_target(href) for href in hrefs]
    return {"subjectuuid": subject, "resources": resources, "permission": rule.permission}
