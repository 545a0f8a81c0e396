"""Who talks to the device: where it is, and what it proved to be.

    address                            everybody who sends from there without DTLS
    address and session                one peer, with what its handshake proved
    ... with asserted roles            the same, with what role certificates gave it since

It is a value: when roles or a credential change, another `Peer` is made, equal to the first (see
the class), so that observations and duplicates go on.
"""

from typing import Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from onboardee.svrdb.model import RoleId
from onboardee.wire.dtls import Session
from onboardee.wire.path import Path

OWNER_ROLE: Final = "oic.role.owner"
"""The role that opens everything (OCF Security 10.4), if a certificate gives it."""


class Peer(Struct, frozen=True, eq=False):
    """One peer: everybody at an address without DTLS, or who opened a session.

    Two peers are equal if they talk from the same address over the same session: that decides
    what is a repeated message and whose observation is whose. What a peer may do, its roles among
    it, changes with time.
    """

    address: Path
    secured: bool = False
    uuid: UUID | None = None
    """What it proved to be; None is anybody."""
    roles: frozenset[RoleId] = frozenset()
    owns_transfer: bool = False
    """It talks over the device ownership connection."""
    pairs: bool = False
    """It knew the PIN of Direct Pairing, and is nobody until the pairing has ended."""
    joins: UUID | None = None
    """As whom it wants to own the device beside its owner: it knew the PIN, and is nobody yet."""
    by_key: bool = False
    """It proved to have a pre-shared key, rather than a certificate."""
    is_owner_by_role: bool = False
    """A certificate gives it the role of the owner."""
    session: Session | None = None
    """Where its suite, its certificates and its key block are, if it has a session."""

    def with_key_role(self, roles: frozenset[RoleId]) -> "Peer":
        """Return the same peer with the role that its key gives it, or with none."""
        return replace(self, roles=roles)

    def with_asserted(self, roles: frozenset[RoleId]) -> "Peer":
        """Return the same peer with the roles that certificates give it, too.

        The owner's role counts from here only, not from a pre-shared key.
        """
        is_owner = any(role.role == OWNER_ROLE for role in roles)
        return replace(self, roles=self.roles | roles, is_owner_by_role=is_owner)

    @property
    def identity(self) -> str:
        """Who it is, for people: a UUID, or how little is known."""
        if self.owns_transfer:
            return f"ownership connection of {self.uuid}" if self.uuid else "ownership connection"
        if self.uuid:
            return str(self.uuid)
        if self.pairs:
            return "pairing connection"
        if self.joins:
            return f"{self.joins}, who wants to become a sub-owner"
        return "anonymous, secured" if self.secured else "anonymous"

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Peer)
            and self.session is other.session
            and self.address == other.address
        )

    def __hash__(self) -> int:
        return hash(self.address if self.session is None else self.session)

    def __str__(self) -> str:
        return str(self.address)
