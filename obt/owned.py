"""A device that is ours: reading, switching, provisioning, giving it up."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Final, Self
from uuid import UUID

from obt import model
from obt.cbor import Body
from obt.dialogue import Dialogue, OnStep
from obt.errors import OnboardingError, SessionEndedError
from obt.link import Link
from obt.model import ACL2, CRED, DOXM, MAINTENANCE, PSTAT, Rule, State
from obt.observation import Observation
from obt.record import Ownership
from obt.session import pairwise_link
from obt.style import LITE_STYLE, Style
from obt.transport import Transport

TIMEOUT: Final = 300.0
"""Seconds for one operation, with all its repetitions."""


class OwnedDevice:
    """Operations over a session with the owner credential.

    The session is opened by the first operation and again after it ended; `close` ends it, as does
    leaving an `async with` block. Operations raise `OnboardingError`.
    """

    def __init__(
        self,
        transport: Transport,
        ownership: Ownership,
        *,
        style: Style = LITE_STYLE,
        on_step: OnStep | None = None,
    ) -> None:
        self.ownership: Final = ownership
        self._transport = transport
        self._style = style
        self._on_step = on_step
        self._link: Link | None = None
        self._open_brackets = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the session."""
        if self._link is not None:
            self._transport.close(self._link)
            self._link = None

    async def connect(self) -> Link:
        """Return the link with the session, opened now if there is none."""
        if self._link is not None and self._link.is_usable:
            return self._link
        self.close()
        link = self._transport.open_secured(self.ownership.secured)
        self._link = link
        ownership = self.ownership
        try:
            await pairwise_link(
                self.dialogue(),
                link,
                owner=ownership.owner,
                device=ownership.device,
                key=ownership.key,
            )
        except BaseException:
            self.close()
            raise
        return link

    async def read(self, path: str, *, query: tuple[str, ...] = ()) -> object:
        """Retrieve any resource."""
        return await self.dialogue().get("read", await self.connect(), path, object, query=query)

    async def update(self, path: str, body: Body) -> None:
        """Update any resource; the update may reach the device more than once."""
        await self.dialogue().post("update", await self.connect(), path, body)

    async def observe(self, path: str) -> Observation:
        """Observe a resource; the first `next` is its present state."""
        link = await self.connect()
        first, mailbox = await self.dialogue().observe("observe", link, path)
        return Observation(self._transport, link, path, mailbox, first)

    async def doxm(self) -> model.Doxm:
        """Read who owns the device."""
        return await self._get("read who owns the device", DOXM, model.Doxm)

    async def pstat(self) -> model.Pstat:
        """Read the onboarding state."""
        return await self._get("read the onboarding state", PSTAT, model.Pstat)

    async def credentials(self) -> model.Cred:
        """Read the credentials, which come without their secrets."""
        return await self._get("read the credentials", CRED, model.Cred)

    async def rules(self) -> model.Acl2:
        """Read the access rules."""
        return await self._get("read the access rules", ACL2, model.Acl2)

    async def verify(self) -> None:
        """Check that the device is ours and in normal operation."""
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
        """Keep the device in RFPRO; brackets inside of brackets change nothing."""
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

    async def _leave_bracket(self) -> None:
        self._open_brackets -= 1
        if not self._open_brackets:
            await self._enter(State.RFNOP)

    async def add_rules(self, rules: Iterable[Rule]) -> None:
        """Add access rules."""
        body = {"aclist2": [model.wire(rule) for rule in rules]}
        async with self.provisioning():
            await self.dialogue().post("add access rules", await self.connect(), ACL2, body)

    async def delete_rule(self, aceid: int) -> None:
        """Delete an access rule."""
        async with self.provisioning():
            await self._delete("delete an access rule", ACL2, f"aceid={aceid}")

    async def add_pairwise_key(self, subject: UUID, key: bytes) -> None:
        """Give the device a key it shares with another one."""
        credential = {
            "credtype": model.PAIRWISE,
            "subjectuuid": str(subject),
            "privatedata": {"data": key, "encoding": "oic.sec.encoding.raw"},
        }
        async with self.provisioning():
            link = await self.connect()
            await self.dialogue().post("add a pairwise key", link, CRED, {"creds": [credential]})

    async def delete_credential(self, credid: int) -> None:
        """Delete a credential."""
        async with self.provisioning():
            await self._delete("delete a credential", CRED, f"credid={credid}")

    async def reset(self) -> None:
        """Give the device up: ask for state RESET, from which it comes back without owner.

        It ends the session with the reset, so that an end instead of an answer is success too.
        """
        link, body = await self.connect(), {"dos": {"s": int(State.RESET)}}
        try:
            await self.dialogue().post_once("enter RESET", link, PSTAT, body)
        except OnboardingError as error:
            if not isinstance(error.__cause__, SessionEndedError):
                raise
        finally:
            self.close()

    async def factory_reset(self) -> None:
        """Ask for the same in the maintenance resource, as far as a rule permits it."""
        purpose, link = "reset to factory state", await self.connect()
        dialogue = self.dialogue()
        response = await dialogue.post_once(purpose, link, MAINTENANCE, {"fr": True})
        step = f"{purpose} (POST {MAINTENANCE})"
        answer = dialogue.decoded(step, response, dict[str, object])
        if answer.get("fr") is not False:
            raise OnboardingError(step, expected="fr: false", came=f"it is {answer.get('fr')}")
        self.close()

    def dialogue(self) -> Dialogue:
        """Start a dialogue with the time limit of one operation."""
        return Dialogue(self._transport, self._style, timeout=TIMEOUT, on_step=self._on_step)

    async def _get(self, purpose: str, path: str, kind: type[model.V]) -> model.V:
        return await self.dialogue().get(purpose, await self.connect(), path, kind)

    async def _delete(self, purpose: str, path: str, query: str) -> None:
        await self.dialogue().delete(purpose, await self.connect(), path, query=(query,))

    async def _enter(self, state: State) -> None:
        body = {"dos": {"s": int(state)}}
        await self.dialogue().post(f"enter {state.name}", await self.connect(), PSTAT, body)


async def pair(one: OwnedDevice, other: OwnedDevice) -> None:
    """Give two devices a key that they share."""
    key = one.dialogue().transport.entropy.token(16)
    async with one.provisioning(), other.provisioning():
        await one.add_pairwise_key(other.ownership.device, key)
        await other.add_pairwise_key(one.ownership.device, key)
