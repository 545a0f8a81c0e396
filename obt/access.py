"""Using a device over sessions that are opened when they are needed."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Protocol, Self
from uuid import UUID

from onboardee.obt import model
from onboardee.obt.address import Address
from onboardee.obt.cbor import Body
from onboardee.obt.dialogue import Dialogue, OnStep
from onboardee.obt.identity import Identity
from onboardee.obt.link import Link
from onboardee.obt.model import ROLE_CERTIFICATE, ROLES
from onboardee.obt.observation import Observation
from onboardee.obt.session import pairwise_link
from onboardee.obt.style import LITE_STYLE, Style
from onboardee.obt.transport import Transport

TIMEOUT: Final = 300.0
"""Seconds for one operation, with all its repetitions."""


class Opener(Protocol):
    """Opens sessions with one device, in some way that proves who both sides are."""

    async def open(self, dialogue: Dialogue, links: Sequence[Link], /) -> Link:
        """Open a session on the link that answers first; return it. Raises `OnboardingError`."""


class WithKey:
    """Opens sessions with a pairwise key."""

    def __init__(self, owner: UUID, device: UUID, key: bytes) -> None:
        self._owner, self._device, self._key = owner, device, key

    async def open(self, dialogue: Dialogue, links: Sequence[Link], /) -> Link:
        """Open a session as the owner of the key."""
        return await pairwise_link(
            dialogue, links, owner=self._owner, device=self._device, key=self._key
        )


class WithCertificate:
    """Opens sessions with identity certificates on both sides."""

    def __init__(self, identity: Identity, device: UUID) -> None:
        self._identity, self._device = identity, device

    async def open(self, dialogue: Dialogue, links: Sequence[Link], /) -> Link:
        """Open a session with the device whose certificate names it."""
        identity = self._identity
        verify = identity.anchors.verify_identity(self._device)
        hello = dialogue.style.certificate_hello(verify, identity.certificate)
        return await dialogue.connect("open a session with certificates", links, hello)


class DeviceAccess:
    """Operations that need no ownership, only a rule that permits them.

    The session is opened by the first operation and again after it ended; `close` ends it, as does
    leaving an `async with` block. Operations raise `OnboardingError`. `others` are further
    addresses of the device: the first to answer is used from then on.
    """

    def __init__(  # noqa: PLR0913 - all but the first three have defaults
        self,
        transport: Transport,
        address: Address,
        opener: Opener,
        *,
        others: Sequence[Address] = (),
        style: Style = LITE_STYLE,
        on_step: OnStep | None = None,
    ) -> None:
        self._transport = transport
        self._addresses = [address, *others]
        self._opener = opener
        self._style = style
        self._on_step = on_step
        self._link: Link | None = None

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
        links = [self._transport.open_secured(each) for each in self._addresses]
        try:
            self._link = await self._opener.open(self.dialogue(), links)
        except BaseException:
            for link in links:
                self._transport.close(link)
            raise
        self._addresses = [self._link.address]
        return self._link

    async def read(self, path: str, *, query: tuple[str, ...] = ()) -> object:
        """Retrieve any resource."""
        return await self.dialogue().get("read", await self.connect(), path, object, query=query)

    async def update(self, path: str, body: Body, *, query: tuple[str, ...] = ()) -> None:
        """Update any resource; the update may reach the device more than once."""
        await self.dialogue().post("update", await self.connect(), path, body, query=query)

    async def observe(self, path: str, *, query: tuple[str, ...] = ()) -> Observation:
        """Observe a resource; the first `next` is its present state."""
        link = await self.connect()
        first, mailbox = await self.dialogue().observe("observe", link, path, query=query)
        content_format = self._style.content_format
        return Observation(
            self._transport, link, path, mailbox, first, content_format=content_format
        )

    async def assert_role(self, certificate: str) -> None:
        """Show a role certificate; the role lasts as long as the session."""
        body = {"roles": [model.certificate(ROLE_CERTIFICATE, certificate)]}
        await self.dialogue().post("assert a role", await self.connect(), ROLES, body)

    async def roles(self) -> model.Roles:
        """Read the roles that were asserted over the session in use."""
        return await self._get("read the asserted roles", ROLES, model.Roles)

    def dialogue(self) -> Dialogue:
        """Start a dialogue with the time limit of one operation."""
        return Dialogue(self._transport, self._style, timeout=TIMEOUT, on_step=self._on_step)

    async def _get(self, purpose: str, path: str, kind: type[model.V]) -> model.V:
        return await self.dialogue().get(purpose, await self.connect(), path, kind)
