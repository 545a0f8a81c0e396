"""Using a device over sessions that are opened when they are needed.

Every operation here and in the classes below has a total time. One request has a deadline of its
own, but an operation may be a dozen of them, each of which a device could answer at the last
moment; so `@timed` gives all requests of an operation one deadline between them. An operation that
calls others shares its own with them, and a caller who has less time says so with `within`.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Concatenate, Final, ParamSpec, Protocol, Self, TypeVar
from uuid import UUID

from onboardee.obt import model
from onboardee.obt.address import Address
from onboardee.obt.cbor import Body
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errand import OnStep
from onboardee.obt.identity import Identity
from onboardee.obt.link import Link
from onboardee.obt.model import ROLE_CERTIFICATE, ROLES
from onboardee.obt.observation import ObservedResource
from onboardee.obt.session import pairwise_link
from onboardee.obt.style import LITE_STYLE, Style
from onboardee.obt.transport import Transport

TIMEOUT: Final = 300.0
"""Seconds for one operation, with all its requests and their repetitions."""

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", bound="DeviceAccess")


def timed(
    work: Callable[Concatenate[A, P], Awaitable[R]],
) -> Callable[Concatenate[A, P], Coroutine[Any, Any, R]]:
    """Make a method of a `DeviceAccess` one operation, which takes `TIMEOUT` seconds at most."""

    @functools.wraps(work)
    async def limited(access: A, /, *args: P.args, **options: P.kwargs) -> R:
        with access.within(TIMEOUT):
            return await work(access, *args, **options)

    return limited


class Opener(Protocol):
    """Opens sessions with one device, in some way that proves who both sides are.

    Whatever it proves, it has to prove before it returns: what is sent afterwards is meant for that
    device alone.
    """

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

    Nothing is asked before the first operation, so that making one costs nothing and fails at
    nothing. It is for one task at a time: its operations share a session, and a deadline.
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
        self._deadline: float | None = None
        """When the operation under way has to be over, in seconds of the transport's clock."""

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

    @contextmanager
    def within(self, seconds: float, *, at_least: bool = False) -> Iterator[None]:
        """Let what is done within take so many seconds in all, or less if it is part of more.

        With `at_least` it has that time even if the whole has none left: to clear up.
        """
        before, now = self._deadline, self._transport.now
        limit = now + seconds
        if before is not None:
            limit = max(before, limit) if at_least else min(before, limit)
        self._deadline = limit
        try:
            yield
        finally:
            self._deadline = before

    @timed
    async def connect(self) -> Link:
        """Return the link with the session, opened now if there is none.

        All addresses are tried side by side; once one has answered it is the only one that is
        used.
        """
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

    @timed
    async def read(self, path: str, *, query: tuple[str, ...] = ()) -> object:
        """Retrieve any resource, and return what its CBOR holds.

        `query` has parts such as `rt=...`.
        """
        return await self.dialogue().get("read", await self.connect(), path, object, query=query)

    @timed
    async def update(self, path: str, body: Body, *, query: tuple[str, ...] = ()) -> None:
        """Update any resource with `body`; the update may reach the device more than once.

        Raises `OnboardingError`, whose `code` is the device's answer if it refused.
        """
        await self.dialogue().post("update", await self.connect(), path, body, query=query)

    @timed
    async def observe(self, path: str, *, query: tuple[str, ...] = ()) -> ObservedResource:
        """Observe a resource; the first `next` is its present state."""
        link = await self.connect()
        first, mailbox = await self.dialogue().observe("observe", link, path, query=query)
        content_format = self._style.content_format
        return ObservedResource(
            self._transport, link, path, mailbox, first, content_format=content_format
        )

    @timed
    async def assert_role(self, certificate: str) -> None:
        """Show a role certificate; the role lasts as long as the session."""
        body = {"roles": [model.certificate(ROLE_CERTIFICATE, certificate)]}
        await self.dialogue().post("assert a role", await self.connect(), ROLES, body)

    @timed
    async def roles(self) -> model.Roles:
        """Read the roles that were asserted over the session in use."""
        return await self._get("read the asserted roles", ROLES, model.Roles)

    def dialogue(self) -> Dialogue:
        """Start a dialogue with the time that is left to the operation under way."""
        left = TIMEOUT if self._deadline is None else self._deadline - self._transport.now
        timeout = max(0.0, left)
        return Dialogue(self._transport, self._style, timeout=timeout, on_step=self._on_step)

    async def _get(self, purpose: str, path: str, kind: type[model.V]) -> model.V:
        """Read one resource into its form."""
        return await self.dialogue().get(purpose, await self.connect(), path, kind)
