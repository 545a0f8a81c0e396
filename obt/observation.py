"""Watching a resource of a device (RFC 7641).

The first state comes with the answer to the request, the others whenever the device sends one.
Nothing arrives while nothing changes, so the time to wait is the caller's choice; a device that has
restarted has forgotten who watches, and its silence looks the same.
"""

from typing import Final

from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errors import LinkError, OnboardingError
from onboardee.obt.link import Link
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.transport import Transport
from onboardee.wire.coap import ClientResponse, Code, ContentFormat

TIMEOUT: Final = 300.0
"""Seconds that a notification is waited for."""


class ObservedResource:
    """The states of a resource, as the device tells them; the first is the one at the beginning.

    `next` gives the states one by one; those that come between two calls are kept, in order. `stop`
    tells the device, and afterwards nothing comes any more.
    """

    def __init__(  # noqa: PLR0913 - all of it is what an observation is made of
        self,
        transport: Transport,
        link: Link,
        path: str,
        mailbox: Mailbox[ClientResponse],
        first: ClientResponse,
        *,
        content_format: int = ContentFormat.OCF_CBOR,
    ) -> None:
        self._transport = transport
        self._link = link
        self._step = f"observe (GET {path})"
        self._mailbox = mailbox
        self._first: ClientResponse | None = first
        self._content_format = content_format

    async def next(self, *, within: float = TIMEOUT) -> object:
        """Return the next state; wait for so many seconds at most.

        Raises:
            OnboardingError: if none comes, or the device ends the observation.

        """
        response = await self._next_response(within)
        if response.code is not Code.CONTENT:
            came = f"the device answered {response.code}"
            raise OnboardingError(self._step, expected="2.05", came=came)
        return Dialogue.decoded(self._step, response, object, expected=self._content_format)

    def stop(self) -> None:
        """Tell the device to stop telling."""
        self._transport.stop_observing(self._link, self._mailbox)

    async def _next_response(self, within: float) -> ClientResponse:
        """Return the answer to the request at first, then what the device sent since."""
        first, self._first = self._first, None
        if first is not None:
            return first
        deadline = self._transport.now + within
        try:
            return await self._transport.receive(self._mailbox, deadline=deadline)
        except LinkError as error:
            raise OnboardingError(self._step, expected="a notification", came=str(error)) from error
