"""A conversation with one device: every request is checked, reported and given up in time.

This is the one place where a request becomes a step with a purpose, an expectation and an outcome.
Whatever goes wrong on the way, a silence, an alert, a code that was not wanted, a payload that is
none, leaves as an `OnboardingError` that tells the step, what was expected and what came. What is
reported (`on_step`) has no secrets: payloads are summed up by `summary`.

Requests that may be repeated are: CoAP's own retransmissions (RFC 7252 4.2) end after a minute and
a half, and one lost session or burst of noise should not end a transfer. Those that must not happen
twice, a reset or the deletion of an entry by its number, are sent once.
"""

from collections.abc import Awaitable, Collection, Sequence
from typing import Final, TypeVar

from onboardee.obt import model
from onboardee.obt.cbor import Body
from onboardee.obt.errand import ATTEMPTS, Errand, OnStep, StepReport
from onboardee.obt.errors import LinkError, NoAnswerError, OnboardingError, PayloadError
from onboardee.obt.link import Ask, Link
from onboardee.obt.mailbox import Mailbox
from onboardee.obt.racing import race
from onboardee.obt.style import VERSION_1_0_0, Style
from onboardee.obt.summary import summary
from onboardee.obt.transport import Transport
from onboardee.wire.coap import ClientResponse, Code, ContentFormat, Method
from onboardee.wire.dtls import ClientConfig

T = TypeVar("T")

CONNECT_SECONDS: Final = 120.0
"""How long a session is tried for in all: two handshakes that give up after a minute."""


def _uri(links: Sequence[Link]) -> str:
    """Name the devices' ends."""
    return " ".join(f"coaps://{link.address}" for link in links)


class Dialogue:
    """Talks in one style until a deadline. Whatever goes wrong is an `OnboardingError`.

    The deadline is a time of the transport's clock and holds for all requests together. It may be
    moved on while a person is asked for something. A dialogue has no links of its own; each request
    names the one that it goes over.
    """

    def __init__(
        self, transport: Transport, style: Style, *, timeout: float, on_step: OnStep | None = None
    ) -> None:
        self.transport: Final = transport
        self.style: Final = style
        self.deadline = transport.now + timeout
        self._on_step = on_step

    def in_style(self, style: Style) -> "Dialogue":
        """Return the same conversation in another style."""
        left = self.deadline - self.transport.now
        return Dialogue(self.transport, style, timeout=left, on_step=self._on_step)

    async def wait_for_person(self, answer: Awaitable[T]) -> T:
        """Wait for what a person is asked; the time that takes moves the deadline on."""
        started = self.transport.now
        said = await answer
        self.deadline += self.transport.now - started
        return said

    async def get(
        self, purpose: str, link: Link, path: str, kind: type[T], *, query: tuple[str, ...] = ()
    ) -> T:
        """Retrieve a representation as `kind`."""
        response = await self.fetch(purpose, link, path, query=query)
        step = f"{purpose} (GET {path})"
        return self.decoded(step, response, kind, expected=self.style.content_format)

    async def fetch(
        self, purpose: str, link: Link, path: str, *, query: tuple[str, ...] = ()
    ) -> ClientResponse:
        """Retrieve a representation, in whatever form it comes."""
        ask = self.make_ask(Method.GET, path, query=query)
        return await self._run(Errand(purpose, link, ask, {Code.CONTENT}))

    async def post(  # noqa: PLR0913 - the last two have defaults
        self,
        purpose: str,
        link: Link,
        path: str,
        body: Body,
        *,
        query: tuple[str, ...] = (),
        accepted: Collection[Code] = (),
    ) -> ClientResponse:
        """Send an UPDATE; `accepted` codes count as success besides the style's own.

        After silence it is sent anew, so it must be one that may happen twice.
        """
        ask = self.make_ask(self.style.update_method(path), path, query=query, body=body)
        wanted = self.style.changed | frozenset(accepted)
        return await self._run(Errand(purpose, link, ask, wanted, body=body))

    async def post_once(self, purpose: str, link: Link, path: str, body: Body) -> ClientResponse:
        """Send an UPDATE that must not happen twice."""
        ask = self.make_ask(self.style.update_method(path), path, body=body)
        wanted = self.style.changed
        return await self._run(Errand(purpose, link, ask, wanted, 1, body))

    async def delete(
        self, purpose: str, link: Link, path: str, *, query: tuple[str, ...] = ()
    ) -> None:
        """Send a DELETE; one that names an entry is sent once, as the next would miss the entry."""
        ask = self.make_ask(Method.DELETE, path, query=query)
        await self._run(Errand(purpose, link, ask, {Code.DELETED}, 1 if query else ATTEMPTS))

    async def observe(
        self, purpose: str, link: Link, path: str, *, query: tuple[str, ...] = ()
    ) -> tuple[ClientResponse, Mailbox[ClientResponse]]:
        """Register for a resource; return its present state and where the next ones come."""
        ask = self.make_ask(Method.GET, path, query=query, observe=True)
        errand = Errand(purpose, link, ask, {Code.CONTENT})
        response, mailbox = await self._exchange(errand)
        if response.observe is None:
            came = "the device answered without taking note of it"
            raise OnboardingError(errand.step, expected="an observation", came=came)
        return response, mailbox

    async def connect(self, purpose: str, links: Sequence[Link], config: ClientConfig) -> Link:
        """Open a session on that one of `links` whose device answers first; return that link.

        The other links are closed. It takes `CONNECT_SECONDS` at most, whatever their number.
        """
        started = self.transport.now
        suites = " ".join(suite.name for suite in config.suites)
        answering = list(links)
        try:
            outcome = await self._shake_hands(answering, config)
        except LinkError as error:
            uri = _uri(answering)
            self._tell(StepReport(purpose, "DTLS", uri, suites, str(error), self._since(started)))
            raise OnboardingError(
                f"{purpose} ({uri})", expected=f"a session with {suites}", came=str(error)
            ) from error
        uri = _uri(answering)
        self._tell(StepReport(purpose, "DTLS", uri, suites, outcome, self._since(started)))
        return answering[0]

    def make_ask(
        self,
        method: Method,
        path: str,
        *,
        query: tuple[str, ...] = (),
        body: Body | None = None,
        observe: bool = False,
    ) -> Ask:
        """Put a request into the style's form.

        A body brings the content format and, where the style has one, the version; every request
        says what is accepted. The path is as in URIs, with its slashes.
        """
        style = self.style
        has_body = body is not None
        return Ask(
            method,
            path,
            query,
            payload=b"" if body is None else style.payload(path, body),
            content_format=style.content_format if has_body else None,
            content_version=style.content_version if has_body else None,
            accept=style.accept,
            accept_version=style.accept_version,
            observe=observe,
        )

    @staticmethod
    def decoded(
        step: str,
        response: ClientResponse,
        kind: type[T],
        *,
        expected: int = ContentFormat.OCF_CBOR,
    ) -> T:
        """Check and decode the payload of a response, of the expected content format.

        `kind` is a class of `model`, or what msgspec converts to. Raises `OnboardingError`, which
        names the step, for another format and for a payload that is not of the kind.
        """
        if response.content_format != expected:
            came = f"the answer has content format {response.content_format}"
            raise OnboardingError(step, expected=f"content format {int(expected)}", came=came)
        version = response.content_version
        if version is not None and version < VERSION_1_0_0:
            came = f"the answer has version {version}"
            raise OnboardingError(step, expected="content format version 2048 or more", came=came)
        try:
            return model.read(response.payload, kind)
        except PayloadError as error:
            wanted = "a representation of the resource"
            raise OnboardingError(step, expected=wanted, came=str(error)) from error

    async def _run(self, errand: Errand) -> ClientResponse:
        """Send a request whose later answers nobody wants. Raises `OnboardingError`."""
        response, _ = await self._exchange(errand)
        return response

    async def _exchange(self, errand: Errand) -> tuple[ClientResponse, Mailbox[ClientResponse]]:
        """Send a request and check the code of its response."""
        started = self.transport.now
        try:
            response, mailbox = await self._insist(errand)
        except LinkError as error:
            self._report(errand, str(error), started)
            raise errand.failure(str(error)) from error
        self._report(errand, str(response.code), started)
        if response.code not in errand.wanted:
            raise errand.failure(f"the device answered {response.code}", response.code)
        return response, mailbox

    async def _insist(self, errand: Errand) -> tuple[ClientResponse, Mailbox[ClientResponse]]:
        """Send a request as often as it may be, until something answers. Raises `LinkError`.

        Each attempt is a new request with a new token: the exchange before has been given up.
        """
        attempts = errand.attempts
        while True:
            attempts -= 1
            mailbox = self.transport.observe(errand.link, errand.ask)
            try:
                return await self.transport.receive(mailbox, deadline=self.deadline), mailbox
            except NoAnswerError:
                if not attempts or self.transport.now >= self.deadline:
                    raise

    async def _shake_hands(self, links: list[Link], config: ClientConfig) -> str:
        """Leave in `links` the one that answers; return the suite of its session.

        Retry from the same port, or the device would take us for a second client.
        """
        attempts = ATTEMPTS
        deadline = min(self.deadline, self.transport.now + CONNECT_SECONDS)
        while True:
            attempts -= 1
            try:
                link, mailbox = await race(self.transport, links, config, deadline=deadline)
                links[:] = [link]
                session = await self.transport.receive(mailbox, deadline=deadline)
            except NoAnswerError:
                if not attempts or self.transport.now >= deadline:
                    raise
            else:
                return session.suite.name

    def _report(self, errand: Errand, outcome: str, started: float) -> None:
        """Tell how a request ended, if anybody wants to know."""
        if self._on_step is None:
            return
        text = "" if errand.body is None else summary(errand.body)
        method, elapsed = errand.ask.method.name, self._since(started)
        self._on_step(StepReport(errand.purpose, method, errand.uri, text, outcome, elapsed))

    def _since(self, started: float) -> float:
        """Return the seconds that have passed since a time of the transport's clock."""
        return self.transport.now - started

    def _tell(self, step: StepReport) -> None:
        if self._on_step is not None:
            self._on_step(step)
