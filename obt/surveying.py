"""Reading all that a device shows: what there is, what it is like, and its present values.

The device may be anybody's, so everything that it can make grow has a bound: how many resources
are read, how large and how deep answers are, and how long all of it takes.

The order is from what names the device to what fills it: links, `/oic/d` and `/oic/p`, the
document of introspection, and then each resource once, those that collections lead to last. A
resource that cannot be read is noted and does not end the survey, as the purpose is to see as
much as can be seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import msgspec

from onboardee.obt.access import DeviceAccess, WithKey
from onboardee.obt.address import Address
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.errors import LinkError, NoAnswerError, ObtError, PayloadError
from onboardee.obt.link import Ask, Link
from onboardee.obt.listing import (
    MAX_RESOURCES,
    anchored,
    described,
    documents,
    has_type,
    hrefs,
    is_atomic,
    is_core,
    is_ours,
    items,
    linked,
    links_of,
    may_be_asked,
    secured_endpoint,
)
from onboardee.obt.model import DEVICE, RES
from onboardee.obt.payloads import read_payload
from onboardee.obt.style import LITE_STYLE
from onboardee.obt.transport import Transport
from onboardee.wire.coap import ClientResponse, Code, Method

PLATFORM: Final = "/oic/p"
INTROSPECTION_TYPE: Final = "oic.wk.introspection"
BASELINE: Final = "if=oic.if.baseline"
BATCH: Final = "if=oic.if.b"

FIRST_SECONDS: Final = 5.0
"""How long the very first answer is waited for."""
ONE_SECONDS: Final = 15.0
"""How long any other answer is waited for."""
ALL_SECONDS: Final = 120.0
"""How long all of it may take."""
MAX_OCTETS: Final = 1024 * 1024
"""Of all answers together."""

REFUSED: Final = frozenset({Code.UNAUTHORIZED, Code.FORBIDDEN})
"""The answers that mean: not for whoever asks now (RFC 7252 5.9.2)."""


class SurveyError(ObtError):
    """The device does not answer, or not as an OCF device does."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What came of reading one resource: its representation, or why there is none.

    Exactly one of representation and error is there. A refusal (4.01, 4.03) is told from a resource
    that does not exist, as the owner may still see it.
    """

    body: Any = None
    """What the resource holds, as JSON has it, with octets."""
    refusal: str | None = None
    """Why there is nothing, in words."""
    secured: bool = False
    """It was read in a session."""


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """A device as one client saw it. What is in it is what the device said, unchecked."""

    links: list[Any]
    """The links of `/oic/res`."""
    device: dict[str, Any]
    """`/oic/d`, by its baseline interface."""
    platform: dict[str, Any]
    """`/oic/p`, likewise."""
    introspection: dict[str, Any] | None = None
    """The document behind `oic.wk.introspection`: OpenAPI 2.0."""
    resources: dict[str, Found] = {}
    """By path: all others, but for those of the device itself."""
    notes: list[str] = []
    """What could not be read, in sentences."""


@dataclass(frozen=True, slots=True)
class SharedKey:
    """A key that the device knows a client by; `secured` is used if the device tells no port."""

    client: UUID
    """As whom the device knows the client."""
    key: bytes = field(repr=False)
    secured: Address | None = None


KeyFor = Callable[[UUID], SharedKey | None]
"""Which key to use with the device of this UUID; None for none."""


async def survey(
    transport: Transport, address: Address, *, key_for: KeyFor = lambda _: None
) -> Survey:
    """Read the device at a plain address, in a session if there is a key for it.

    What a session may not read is tried without. Raises `ObtError` if the device does not answer,
    or if there is a key and no session comes about with it.
    """
    reader = _Reader(transport, address)
    reader.links = links_of(await reader.first_answer())
    device = anchored(reader.links)
    if device is None:
        device = anchored([(await reader.read(DEVICE)).body])
    shared = None if device is None else key_for(device)
    if device is None or shared is None:
        return await reader.all()
    secured = (
        shared.secured if shared.secured is not None else secured_endpoint(reader.links, address)
    )
    if secured is None:
        raise SurveyError(
            f"{device} lists no coaps endpoint in {RES}; say at which port it takes sessions"
        )
    opener = WithKey(shared.client, device, shared.key)
    async with _Access(transport, secured, opener) as access:
        await access.connect()
        reader.access = access
        return await reader.all()


class _Access(DeviceAccess):
    """Sessions that come about soon, or not at all."""

    def dialogue(self) -> Dialogue:
        """Start a dialogue."""
        return Dialogue(self._transport, self._style, timeout=ONE_SECONDS)


class _Reader:
    """Reads one thing after another, until there is no more or it is too much."""

    def __init__(self, transport: Transport, address: Address) -> None:
        self.access: DeviceAccess | None = None
        self.links: list[Any] = []
        self._transport = transport
        self._address = address
        self._plain = transport.open_plain(address)
        self._deadline = transport.now + ALL_SECONDS
        self._octets = 0
        self._notes: list[str] = []

    async def first_answer(self) -> Any:
        """Ask for the links. Raises `SurveyError`."""
        try:
            response = await self._ask(self._plain, RES, (), FIRST_SECONDS)
        except NoAnswerError as error:
            raise SurveyError(
                f"nothing answers at coap://{self._address}; is the device running, and is this "
                "its port without DTLS?"
            ) from error
        found = self._taken(response, secured=False)
        if not isinstance(found.body, list):
            why = found.refusal or "it is no list of links"
            raise SurveyError(f"coap://{self._address}{RES} is not what OCF devices have: {why}")
        return found.body

    async def all(self) -> Survey:
        """Read everything."""
        if self.access is not None:
            again = await self.read(RES)
            self.links = links_of(again.body) or self.links
        device, platform = await self._core(DEVICE), await self._core(PLATFORM)
        document = await self._introspection()
        return Survey(
            links=self.links,
            device=device,
            platform=platform,
            introspection=document,
            resources=await self._resources(document),
            notes=self._notes,
        )

    async def read(self, path: str, query: tuple[str, ...] = ()) -> Found:
        """Read a resource in the session, and without one where that is refused or absent.

        First in the session, as the owner sees more; then in the clear, where some resources are
        told that have no secured endpoint.
        """
        found = Found(refusal="nothing was asked")
        try:
            self._require_time()
            if self.access is not None:
                link = await self.access.connect()
                response = await self._ask(link, path, query)
                found = self._taken(response, secured=True)
                if response.code not in REFUSED:
                    return found
            plain = await self._ask(self._plain, path, query)
        except ObtError as error:
            return Found(refusal=found.refusal if found.secured else str(error))
        without = self._taken(plain, secured=False)
        return found if found.secured and without.body is None else without

    async def _core(self, path: str) -> dict[str, Any]:
        """Read a resource that all devices have."""
        found = await self._shown(path)
        if isinstance(found.body, dict):
            return found.body
        self._notes.append(f"{path} could not be read: {found.refusal or 'it is no map'}")
        return {}

    async def _shown(self, path: str) -> Found:
        """Read a resource with all that it has, or else what it shows by itself."""
        found = await self.read(path, (BASELINE,))
        return found if found.refusal is None else await self.read(path)

    async def _introspection(self) -> dict[str, Any] | None:
        """Read the document that describes the resources; it is looked for on this device only."""
        places = [each["href"] for each in self.links if has_type(each, INTROSPECTION_TYPE)]
        place = next((each for each in places if may_be_asked(each)), None)
        if place is None:
            return None
        where = await self.read(place)
        for path, query in documents(where.body):
            found = await self.read(path, query)
            if isinstance(found.body, dict):
                return found.body
            where = found
        why = where.refusal or "there is no document"
        self._notes.append(f"introspection ({place}) could not be read: {why}")
        return None

    async def _resources(self, document: dict[str, Any] | None) -> dict[str, Found]:
        """Read what is listed, what is described, and what these lead to."""
        found: dict[str, Found] = {}
        waiting = [*hrefs(self.links), *described(document)]
        while waiting:
            href = waiting.pop(0)
            if href in found or not is_ours(href):
                continue
            if len(found) >= MAX_RESOURCES:
                self._notes.append(f"there are more than {MAX_RESOURCES} resources")
                break
            found[href] = await self._shown(href)
            inner = hrefs(linked(found[href].body))
            if is_atomic(found[href].body):
                for part, each in await self._measured(href, inner):
                    if part not in found and len(found) < MAX_RESOURCES:
                        found[part] = each
            waiting += inner
        core = {each["href"] for each in self.links if is_core(each)}
        return {href: each for href, each in found.items() if href not in core}

    async def _measured(self, href: str, parts: Sequence[str]) -> list[tuple[str, Found]]:
        """Read an atomic measurement, whose parts no device shows alone (OCF Core 7.8.4.3)."""
        whole = await self.read(href, (BATCH,))
        return [
            (part, Found(body=rep, secured=whole.secured))
            for part, rep in items(whole.body)
            if part in parts and is_ours(part)
        ]

    async def _ask(
        self, link: Link, path: str, query: tuple[str, ...], seconds: float = ONE_SECONDS
    ) -> ClientResponse:
        """Send one request; a device that does not know our content format is asked for any."""
        accept, version = LITE_STYLE.accept, LITE_STYLE.accept_version
        ask = Ask(Method.GET, path, query, accept=accept, accept_version=version)
        response = await self._answer(link, ask, seconds)
        if response.code in {Code.NOT_ACCEPTABLE, Code.BAD_OPTION}:
            return await self._answer(link, Ask(Method.GET, path, query), seconds)
        return response

    async def _answer(self, link: Link, ask: Ask, seconds: float) -> ClientResponse:
        """Send one request, and return its answer within the time that is left."""
        self._require_time()
        until = min(self._deadline, self._transport.now + seconds)
        return await self._transport.request(link, ask, deadline=until)

    def _require_time(self) -> None:
        """Raise `LinkError` when the whole has taken too long."""
        if self._transport.now >= self._deadline:
            raise LinkError(f"reading took longer than {ALL_SECONDS:.0f} s")

    def _taken(self, response: ClientResponse, *, secured: bool) -> Found:
        """Decode an answer; what is too much, or cannot be read, becomes a refusal in words."""
        if response.code is not Code.CONTENT:
            return Found(refusal=f"the device answered {response.code}", secured=secured)
        self._octets += len(response.payload)
        if self._octets > MAX_OCTETS:
            return Found(refusal="the device says too much", secured=secured)
        try:
            body = read_payload(response.payload, response.content_format)
        except PayloadError as error:
            return Found(refusal=str(error), secured=secured)
        return Found(body=body, secured=secured)
