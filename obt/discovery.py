"""Finding devices: those without an owner, and those that somebody owns.

A search is a request to OCF's multicast groups (OCF Core 12.2.9), repeated, because neither it nor
its answers are retransmitted when they are lost. Devices without an owner answer `/oic/sec/doxm`
with the query `owned=FALSE`; all answer `/oic/res`. What answered is then asked, alone, for its
UUID and its secured endpoint. Devices of OIC 1.1 do not know today's content format and are asked
again in their own; from then on the order of messages is known that they can be owned with.

Answers are from anybody. A device that says something else than it must is left out, one that is
slow keeps a search for a bounded time, and what is found is a place to try, never a proof.
"""

from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.engine import Answer
from onboardee.obt.errand import OnStep
from onboardee.obt.errors import OnboardingError
from onboardee.obt.link import Ask
from onboardee.obt.locating import OLD_REFUSALS, Located, locate
from onboardee.obt.model import DOXM, DOXM_TYPE, RES, Doxm
from onboardee.obt.style import LITE_STYLE, OIC11_STYLE, Style
from onboardee.obt.transport import Transport
from onboardee.wire.coap import ClientResponse, ContentFormat, Method

TIMEOUT: Final = 120.0
"""Seconds for the questions to one device that was named, and for all of a search beyond its
rounds: anybody can answer a search, and then be slow."""
ONE_SECONDS: Final = 30.0
"""Seconds for the questions to one of those that a search found."""
ROUNDS: Final = 3
"""How often the groups are asked: neither the question nor an answer is repeated when lost."""
ROUND_SECONDS: Final = 2.5
"""How long answers are waited for; devices hold theirs back for up to two seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unowned(Located):
    """A device that waits for an owner, with what its doxm said.

    The doxm is the one that was read when it was found; an order of messages reads it again before
    it relies on it.
    """

    doxm: Doxm
    """What the device said of its methods and of its owner, in the clear."""


Device = TypeVar("Device", bound=Located)
OnFound = Callable[[Located], None]
"""Is told of each device once, as soon as it has answered."""


async def find_unowned(  # noqa: PLR0913 - all but the first have defaults
    transport: Transport,
    *,
    style: Style = LITE_STYLE,
    rounds: int = ROUNDS,
    enough: int | None = None,
    on_found: OnFound | None = None,
    on_step: OnStep | None = None,
) -> list[Unowned]:
    """Ask all devices on the local network for those without an owner.

    `on_found` is called with each device as soon as it has answered.

    A device that answers the group but then misbehaves is left out; its steps are reported.
    """
    search = _Search(transport, style, rounds, enough, on_step, on_found)
    return await search.run(DOXM, "owned=FALSE", _unowned)


async def find_unowned_at(
    transport: Transport,
    address: Address,
    *,
    style: Style = LITE_STYLE,
    patience: float = TIMEOUT,
    on_step: OnStep | None = None,
) -> Unowned:
    """Ask the device at one plain address; its first answer is waited for so many seconds.

    Raises `OnboardingError`.
    """
    dialogue = Dialogue(transport, style, timeout=patience, on_step=on_step)
    try:
        doxm = await _read_doxm(dialogue, address)
    except OnboardingError as error:
        if error.code not in OLD_REFUSALS:
            raise
        dialogue = dialogue.in_style(OIC11_STYLE)
        doxm = await _read_doxm(dialogue, address)
    dialogue.deadline = transport.now + TIMEOUT
    return await _located_unowned(dialogue, address, doxm)


async def find_owned(  # noqa: PLR0913 - all but the first have defaults
    transport: Transport,
    *,
    style: Style = LITE_STYLE,
    rounds: int = ROUNDS,
    enough: int | None = None,
    on_found: OnFound | None = None,
    on_step: OnStep | None = None,
) -> list[Located]:
    """Ask for all devices that answer `/oic/res` in the clear, owned ones among them.

    `on_found` is called with each device as soon as it has answered.

    Who owns a device is not told to strangers: compare the UUIDs with those of your own devices.
    """
    search = _Search(transport, style, rounds, enough, on_step, on_found)
    return await search.run(RES, f"rt={DOXM_TYPE}", _anybody)


async def find_device(
    transport: Transport,
    uuid: UUID,
    *,
    plain: Address | None = None,
    rounds: int = ROUNDS,
    on_step: OnStep | None = None,
) -> Located | None:
    """Look for one device: where it was once, if that is known, and then on the local network.

    With `plain` the device there is asked first, which costs nobody else anything. None if it was
    not found, or something else is there.
    """
    if plain is not None:
        dialogue = Dialogue(transport, LITE_STYLE, timeout=ROUND_SECONDS, on_step=on_step)
        with suppress(OnboardingError):
            located = await locate(dialogue, plain)
            if located.uuid == uuid:
                return located
    found = await find_owned(transport, rounds=rounds, on_step=on_step)
    return next((each for each in found if each.uuid == uuid), None)


@dataclass(frozen=True, slots=True)
class _Search:
    """How to search: it ends after some rounds, or when `enough` devices are found."""

    transport: Transport
    style: Style
    rounds: int
    """How often the groups are asked."""
    enough: int | None
    """After how many devices the search ends early; None for no such number."""
    on_step: OnStep | None
    on_found: OnFound | None

    async def run(
        self, path: str, query: str, inspect: Callable[[Dialogue, Answer], Awaitable[Device]]
    ) -> list[Device]:
        """Ask the groups, and let `inspect` make a device of each answer.

        `path` and `query` are what the groups are asked; `inspect` may ask the device that answered
        more, and raises `OnboardingError` for one that is to be left out. An address that was left
        out may answer again in the next round.
        """
        style = self.style
        ask = Ask(
            Method.GET, path, (query,), accept=style.accept, accept_version=style.accept_version
        )
        found: dict[UUID, Device] = {}
        known: set[Address] = set()
        end = self.transport.now + self.rounds * ROUND_SECONDS + TIMEOUT
        for _ in range(self.rounds):
            async with aclosing(self.transport.discover(ask, seconds=ROUND_SECONDS)) as answers:
                async for answer in answers:
                    if answer.address in known:
                        continue
                    left = min(ONE_SECONDS, end - self.transport.now)
                    if left <= 0:
                        return list(found.values())
                    with suppress(OnboardingError):
                        device = await inspect(self._dialogue(left), answer)
                        self._add(found, device)
                        known.add(answer.address)
                    if self.enough is not None and len(found) >= self.enough:
                        return list(found.values())
        return list(found.values())

    def _add(self, found: dict[UUID, Device], device: Device) -> None:
        """Keep a device that is new, and tell whoever waits for it."""
        if device.uuid not in found:
            found[device.uuid] = device
            if self.on_found is not None:
                self.on_found(device)

    def _dialogue(self, seconds: float) -> Dialogue:
        return Dialogue(self.transport, self.style, timeout=seconds, on_step=self.on_step)


async def _anybody(dialogue: Dialogue, answer: Answer) -> Located:
    """Make a device of an answer to `/oic/res`, whoever owns it. Raises `OnboardingError`."""
    return await locate(dialogue, answer.address)


async def _unowned(dialogue: Dialogue, answer: Answer) -> Unowned:
    """Make a device of an answer to doxm, in the form that the device speaks.

    Raises `OnboardingError`. The answer itself is used where it can be read: a second question
    would give a slow device one more chance to be missed.
    """
    if answer.response.code in OLD_REFUSALS and not dialogue.style.is_old:
        dialogue = dialogue.in_style(OIC11_STYLE)
        doxm = await _read_doxm(dialogue, answer.address)
    else:
        doxm = _doxm(f"discover devices (GET {DOXM})", answer.response)
    return await _located_unowned(dialogue, answer.address, doxm)


async def _read_doxm(dialogue: Dialogue, address: Address) -> Doxm:
    """Ask one device for its doxm in the clear. Raises `OnboardingError`."""
    purpose = "read who owns the device"
    link = dialogue.transport.open_plain(address)
    return _doxm(f"{purpose} (GET {DOXM})", await dialogue.fetch(purpose, link, DOXM))


def _doxm(step: str, response: ClientResponse) -> Doxm:
    """Decode doxm, which devices of OIC 1.1 tell in their own form whatever was asked for."""
    is_old = response.content_format == ContentFormat.CBOR
    expected = ContentFormat.CBOR if is_old else ContentFormat.OCF_CBOR
    return Dialogue.decoded(step, response, Doxm, expected=expected)


async def _located_unowned(dialogue: Dialogue, address: Address, doxm: Doxm) -> Unowned:
    """Find out where a device takes sessions, and check that it is one without owner.

    The UUID of doxm and that of `/oic/res` have to agree, since the session is opened with the
    first at the endpoint of the second.
    """
    if doxm.owned:
        came = f"{doxm.owner_uuid} owns it"
        raise OnboardingError(
            f"discover devices (GET {DOXM})", expected="a device without an owner", came=came
        )
    located = await locate(dialogue, address)
    if located.uuid != doxm.device_uuid and located.order == "lite":
        came = f"{RES} says {located.uuid}"
        raise OnboardingError(
            f"find the secured endpoint (GET {RES})",
            expected=f"the device {doxm.device_uuid}",
            came=came,
        )
    # after a reset IoTivity 1.2 tells the UUID of before in /oic/res until it is started again
    return Unowned(doxm.device_uuid, located.plain, located.secured, order=located.order, doxm=doxm)
