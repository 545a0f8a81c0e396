"""A device that is ours: its state, its credentials, its access rules.

What is written to a device of today is written in the state RFPRO (OCF Security 8), in which it
serves nobody. So every change stands in a bracket, `provisioning()`, that leads the device there
and back again whatever happens in between; brackets within brackets are one. Devices of OIC 1.1
know no such states and take changes as they work: see `old_device`.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import UUID

from onboardee.obt import model
from onboardee.obt.access import DeviceAccess, Opener, WithCertificate, WithKey, timed
from onboardee.obt.address import Address
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.identity import Identity
from onboardee.obt.model import ACL2, CRED, DOXM, PSTAT, Rule, State
from onboardee.obt.record import Ownership
from onboardee.obt.style import LITE_STYLE, Style
from onboardee.obt.transport import Transport

LEAVING: Final = 10.0
"""Seconds to lead a device out of provisioning, however long that took."""


class ManagedDevice(DeviceAccess):
    """Operations of the owner, over sessions with the owner credential or with certificates.

    With `identity`, whose UUID should be the owner's, sessions are opened with certificates.
    """

    def __init__(  # noqa: PLR0913 - all but the first two have defaults
        self,
        transport: Transport,
        ownership: Ownership,
        *,
        identity: Identity | None = None,
        others: Sequence[Address] = (),
        style: Style = LITE_STYLE,
        on_step: OnStep | None = None,
    ) -> None:
        opener: Opener = WithKey(ownership.owner, ownership.device, ownership.key)
        if identity is not None:
            opener = WithCertificate(identity, ownership.device)
        super().__init__(
            transport, ownership.secured, opener, others=others, style=style, on_step=on_step
        )
        self.ownership: Final = ownership
        self._open_brackets = 0

    @timed
    async def doxm(self) -> model.Doxm:
        """Read who owns the device."""
        return await self._get("read who owns the device", DOXM, model.Doxm)

    @timed
    async def pstat(self) -> model.Pstat:
        """Read the onboarding state."""
        return await self._get("read the onboarding state", PSTAT, model.Pstat)

    @timed
    async def credentials(self) -> model.Cred:
        """Read the credentials, which come without their secrets."""
        return await self._get("read the credentials", CRED, model.Cred)

    @timed
    async def rules(self) -> model.Acl2:
        """Read the access rules."""
        return await self._get("read the access rules", ACL2, model.Acl2)

    @timed
    async def verify(self) -> None:
        """Check that the device is ours and in normal operation.

        It has to say so itself, in doxm and pstat, over a session with the owner credential; the
        first of six facts that is otherwise is told.
        """
        doxm, pstat = await self.doxm(), await self.pstat()
        ours = self.ownership
        facts = (
            (DOXM, "owned", doxm.owned, True),
            (DOXM, "devowneruuid", doxm.owner_uuid, ours.owner),
            (DOXM, "deviceuuid", doxm.device_uuid, ours.device),
            (PSTAT, "dos.s", pstat.dos.state, int(State.RFNOP)),
            (PSTAT, "dos.p", pstat.dos.pending, False),
            (PSTAT, "isop", pstat.operational, True),
        )
        for path, name, value, wanted in facts:
            if value != wanted:
                step = f"verify the ownership (GET {path})"
                raise OnboardingError(step, expected=f"{name} {wanted}", came=f"it is {value}")

    @asynccontextmanager
    async def provisioning(self) -> AsyncIterator[None]:
        """Keep the device in RFPRO; brackets inside of brackets change nothing.

        Use as `async with device.provisioning():`. If what is done within fails, the device is led
        back all the same, and the failure is raised; if only leading it back fails, that is.
        """
        if not self._open_brackets:
            await self._enter(State.RFPRO)
        self._open_brackets += 1
        try:
            yield
        except BaseException:
            # the first failure is the one to be told, even if going back fails too
            with suppress(OnboardingError):
                await self._leave_bracket()
            raise
        await self._leave_bracket()

    @timed
    async def return_to_operation(self) -> None:
        """End the provisioning that an interrupted operation may have left the device in."""
        if not self._open_brackets and (await self.pstat()).dos.state == State.RFPRO:
            await self._enter(State.RFNOP)

    async def _leave_bracket(self) -> None:
        """Lead the device back into operation when the outermost bracket ends."""
        self._open_brackets -= 1
        if not self._open_brackets:
            # a device that is left in RFPRO serves nobody, so there is always time for this
            with self.within(LEAVING, at_least=True):
                await self._enter(State.RFNOP)

    @timed
    async def add_rules(self, rules: Iterable[Rule]) -> None:
        """Add access rules."""
        body = {"aclist2": [model.wire(rule) for rule in rules]}
        async with self.provisioning():
            await self.dialogue().post("add access rules", await self.connect(), ACL2, body)

    @property
    def shows_what_it_has(self) -> bool:
        """Tell whether its credentials and rules can be read."""
        return True

    @timed
    async def find_rules(self, rule: Rule) -> list[Rule]:
        """Return the access rules that say the same as `rule`, as far as the device shows them."""
        if not self.shows_what_it_has:
            return []
        return [each for each in (await self.rules()).rules if each.says_the_same_as(rule)]

    @timed
    async def delete_rules_of(self, subject: UUID) -> None:
        """Delete all access rules that are for one UUID, if there are any.

        One by one, as devices delete entries by number only.
        """
        wanted = str(subject)
        await self._delete_rules(
            [each for each in (await self.rules()).rules if each.subject.uuid == wanted]
        )

    @timed
    async def delete_rules_like(self, rule: Rule) -> None:
        """Delete all access rules that say the same as `rule`, if there are any."""
        await self._delete_rules(await self.find_rules(rule))

    async def _delete_rules(self, rules: list[Rule]) -> None:
        """Delete rules by their numbers; a rule without one is left, as it has no name."""
        numbers = [each.aceid for each in rules if each.aceid is not None]
        if numbers:
            async with self.provisioning():
                for each in numbers:
                    await self.delete_rule(each)

    @timed
    async def delete_rule(self, aceid: int) -> None:
        """Delete an access rule."""
        async with self.provisioning():
            await self._delete("delete an access rule", ACL2, f"aceid={aceid}")

    @timed
    async def add_pairwise_key(self, subject: UUID, key: bytes) -> None:
        """Give the device a key it shares with another one.

        A device may have several for one subject: who replaces one deletes the other first. The
        octets go over the owner's session, and nowhere else.
        """
        credential = {
            "credtype": model.PAIRWISE,
            "subjectuuid": str(subject),
            "privatedata": {"data": key, "encoding": "oic.sec.encoding.raw"},
        }
        async with self.provisioning():
            link = await self.connect()
            await self.dialogue().post("add a pairwise key", link, CRED, {"creds": [credential]})

    @timed
    async def delete_credential(self, credid: int) -> None:
        """Delete a credential."""
        async with self.provisioning():
            await self._delete("delete a credential", CRED, f"credid={credid}")

    @timed
    async def delete_credentials_of(self, subject: UUID) -> None:
        """Delete all credentials about somebody."""
        async with self.provisioning():
            await self._delete("delete the credentials", CRED, f"subjectuuid={subject}")

    async def _delete(self, purpose: str, path: str, query: str) -> None:
        """Send one DELETE with a query. Raises `OnboardingError`."""
        await self.dialogue().delete(purpose, await self.connect(), path, query=(query,))

    async def _enter(self, state: State) -> None:
        """Ask for an onboarding state (OCF Security 8)."""
        body = {"dos": {"s": int(state)}}
        await self.dialogue().post(f"enter {state.name}", await self.connect(), PSTAT, body)
