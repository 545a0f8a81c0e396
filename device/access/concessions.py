"""What a device lets pass beyond OCF because a deployed tool depends on it."""

from typing import Final

from msgspec import Struct

from onboardee.device.access.target import CSR, ROLES, SP

OF_OWNERS_WILDCARD: Final = frozenset({CSR, ROLES, SP})
"""What `*` of the owner's entry opens as well where `opens_to_owner` says so."""


class Concessions(Struct, frozen=True, kw_only=True):
    """What gate and dispatcher let pass; all of it is off unless a profile asks for it."""

    shows_owner: bool = False
    """In RFNOP anybody may read doxm in the clear."""
    shows_owner_by_entry: bool = False
    """The same, if an anonymous entry of the access list names doxm."""
    opens_to_owner: bool = False
    """`*` in an entry about the device's owner opens csr, roles and sp as well."""
    removes_in_operation: bool = False
    """Who may delete a credential may do so in RFNOP as well."""
    takes_put: bool = False
    """A security resource may be written by PUT, in a request written as OIC 1.1."""
    takes_put_of_values: bool = False
    """An application resource may be, in such a request."""
    has_sub_owners: bool = False
    """Sub-owners have rights beside the owner."""
    takes_wrong_map_size: bool = False
    """A payload as OIC 1.1 may announce more pairs than it has."""


NO_CONCESSIONS: Final = Concessions()
