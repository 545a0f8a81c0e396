"""What both ways of being let in by a PIN have in common: Direct Pairing, and joining as an owner.

A device that lets others in answers to the group; whoever knows the PIN opens a session with the
PIN's key, and both sides make a key of that session. What is asked, and what it is worth, differs:
see `pairing` and `joining`.
"""

from collections.abc import Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from uuid import UUID

from onboardee.obt.address import Address
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.engine import Answer
from onboardee.obt.errors import HandshakeRefusedError, ObtError, OnboardingError
from onboardee.obt.link import Ask, Link
from onboardee.obt.methods import AskPin
from onboardee.obt.session import shared_key_link
from onboardee.obt.transport import Transport

TIMEOUT: Final = 120.0
"""Seconds for the questions to one device, without the time that a person takes."""
ROUNDS: Final = 2
"""How often the groups are asked."""
ROUND_SECONDS: Final = 2.5
"""How long answers of one round are waited for."""


class WrongPinError(ObtError):
    """The device does not take the PIN; it has to be asked anew."""


class Inviting(Protocol):
    """A device that lets others in."""

    @property
    def uuid(self) -> UUID:
        """Which one it is."""


Device = TypeVar("Device", bound=Inviting)


@dataclass(frozen=True, slots=True)
class Admitted:
    """What we must keep of a device that let us in, to use it. The PIN is not needed again."""

    device: UUID
    identity: UUID
    """Our own UUID, by which the device knows us."""
    secured: Address
    """Where the session came about."""
    plain: Address
    key: bytes = field(repr=False)
    """Of sessions from now on, 16 octets."""


async def find_inviting(
    transport: Transport,
    ask: Ask,
    read: Callable[[Answer], Device],
    *,
    rounds: int,
    on_found: Callable[[Device], None],
) -> list[Device]:
    """Ask all devices on the local network, and let `read` make a device of each answer.

    `read` raises `OnboardingError` for one that is to be left out; `on_found` is called with each
    device as soon as it has answered.
    """
    found: dict[UUID, Device] = {}
    for _ in range(rounds):
        async with aclosing(transport.discover(ask, seconds=ROUND_SECONDS)) as answers:
            async for answer in answers:
                with suppress(OnboardingError):
                    device = read(answer)
                    if device.uuid not in found:
                        found[device.uuid] = device
                        on_found(device)
    return list(found.values())


async def typed(dialogue: Dialogue, pin: str | AskPin) -> str:
    """Return the PIN, or ask for it; it is not asked for before the device may show one."""
    return pin if isinstance(pin, str) else await dialogue.wait_for_person(pin())


async def pin_link(  # noqa: PLR0913 - by keyword
    dialogue: Dialogue,
    addresses: Iterable[Address],
    *,
    identity: UUID,
    key: bytes,
    device: UUID,
    is_ours: Callable[[bytes], bool],
) -> Link:
    """Open the session that the PIN's key opens, at the address that answers first.

    `is_ours` tells by the hint of a server whether it is the `device`. Raises `WrongPinError` or
    `OnboardingError`.
    """
    transport = dialogue.transport
    links = [transport.open_secured(each) for each in addresses]
    try:
        link = await shared_key_link(
            dialogue,
            "open the session with the PIN",
            links,
            identity=identity.bytes,
            key=key,
            is_ours=is_ours,
            expected=device.bytes.hex(),
        )
    except OnboardingError as error:
        for each in links:
            transport.close(each)
        if isinstance(error.__cause__, HandshakeRefusedError):
            raise WrongPinError(f"wrong PIN: {error.__cause__}") from error
        raise
    for each in links:
        if each is not link:
            transport.close(each)
    return link
