"""A device changing hands: what is known on the way, and what an order of messages is.

Steps share one `Transfer`, which grows as they go: the device's answer to doxm, the links, the PIN,
at last the key. It knows when there is something that must not be lost: `take_key` hands the owner
credential to `keep` before the request is sent with which the device gets it.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from onboardee.obt import model
from onboardee.obt.address import Address
from onboardee.obt.cbor import Body
from onboardee.obt.dialogue import Dialogue
from onboardee.obt.discovery import Unowned
from onboardee.obt.errors import OnboardingError
from onboardee.obt.link import Link
from onboardee.obt.methods import TransferMeans
from onboardee.obt.model import CLIENT_DIRECTED
from onboardee.obt.record import Ownership
from onboardee.obt.style import Style

Keep = Callable[[Ownership], Awaitable[None] | None]
"""Makes durable what the owner must not lose, at the latest when what it returns was awaited.

What it raises ends the transfer.
"""


@dataclass(slots=True, eq=False)
class Transfer:
    """One device changing hands: what is known about it so far, and the links to it.

    A step finds here what the steps before it found. `keep` is called at most once for each key,
    and what it raises ends the transfer before the device has heard of the key.
    """

    dialogue: Dialogue
    device: Unowned
    owner: UUID
    """The UUID that the device gets as its owner's."""
    domain_name: str
    device_uuid: UUID
    """The device's UUID at this moment; some change it on the way."""
    doxm: model.Doxm
    """What the device said last of its methods and of its owner."""
    means: TransferMeans = field(default_factory=TransferMeans)
    pin_attempts: int = 1
    pin: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    """The owner credential, once there is one."""
    target_mode: int = 0
    operation_mode: int = CLIENT_DIRECTED
    hrefs: dict[str, str] = field(default_factory=dict)
    """Paths by resource type, where an order reads them."""
    rules: tuple[model.Rule, ...] = ()
    """What the owner wants to be permitted, for orders that leave the rules to the tool."""
    has_domain: bool = False
    """Whether the device has a security domain that can be named."""
    ownership: Link | None = None
    """The ownership connection."""
    provisioning: Link | None = None
    """The link for what follows the transfer, where that is another one."""
    secured: tuple[Link, ...] = ()
    """All sessions that were opened, to be closed at the end."""
    addresses: tuple[Address, ...] = ()
    """Where to try to open sessions: all that the device told, or the one that answered."""
    keep: Keep | None = None

    def __post_init__(self) -> None:
        self.addresses = self.device.secured

    async def take_key(self, key: bytes) -> None:
        """Take an owner credential into use, after it was kept and before the device has it.

        From here on an error of the transfer has `ownership` set.
        """
        self.key = key
        if self.keep is not None and self.record is not None:
            kept = self.keep(self.record)
            if kept is not None:
                await kept

    @property
    def owner_text(self) -> str:
        """The owner as it is written in payloads."""
        return str(self.owner)

    @property
    def plain(self) -> Link:
        """The link for unsecured requests."""
        return self.dialogue.transport.open_plain(self.device.plain)

    @property
    def link(self) -> Link:
        """The secured link in use."""
        link = self.provisioning or self.ownership
        assert link is not None, "an order opens the ownership connection first"
        return link

    @property
    def record(self) -> Ownership | None:
        """What the owner has to keep; None as long as there is no owner credential."""
        if self.ownership is None or not self.key:
            return None
        return Ownership(self.device_uuid, self.owner, self.ownership.address, self.key)

    def link_to(self, address: Address) -> Link:
        """Return a secured link, the one of the last attempt if there was one.

        To the device another port would be another client, while it still waits for the first.
        """
        for link in self.secured:
            if link.address == address:
                return link
        link = self.dialogue.transport.open_secured(address)
        self.secured = (*self.secured, link)
        return link

    def drop(self, links: Iterable[Link]) -> None:
        """Close some links for good."""
        gone = set(links)
        for link in gone:
            self.dialogue.transport.close(link)
        self.secured = tuple(link for link in self.secured if link not in gone)

    def close(self) -> None:
        """Close all sessions."""
        for link in self.secured:
            self.dialogue.transport.close(link)
        self.secured = ()


StepFunction = Callable[[Transfer], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Order:
    """A tool's way: its habits, and its steps in their order.

    `resets_on_failure` is for tools that ask the device to forget the attempt; a device must not
    need that, as a tool may simply vanish.
    """

    name: str
    """By which it is chosen on the command line."""
    style: Style
    """How the tool writes."""
    steps: tuple[StepFunction, ...]
    """What it does, in this order."""
    resets_on_failure: bool = False
    """Whether it asks for a reset when a step fails."""
    pin_attempts: int = 1
    """How often a person is asked for a PIN before the transfer fails."""


def post(purpose: str, path: str, body: Callable[[Transfer], Body]) -> StepFunction:
    """Make a step of one UPDATE over the secured link."""

    async def step(transfer: Transfer) -> None:
        await transfer.dialogue.post(purpose, transfer.link, path, body(transfer))

    return step


def require(step: str, condition: object, expected: str, came: str) -> None:
    """Raise `OnboardingError` unless the condition holds."""
    if not condition:
        raise OnboardingError(step, expected=expected, came=came)
