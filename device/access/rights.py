"""Which property of a security resource may be written in which state, and over what.

The rights stand in the descriptors of the resources (`svrdb/model`), one table of OCF Security 13
each; what is not named there is read-only, and an operation without a season is possible in every
state. A `Standard` holds the tables of all resources. There is OCF's, made of the descriptors;
another standard in which a profile serves requests, too, replaces some of the rows
(`device/resources/oic_1_1`).

Over what, is asked in RFOTM alone, where three kinds of peers could write:

                                 Over.BEFORE_    Over.          Over.
                                   OWNERSHIP       OWNERSHIP      EITHER
    unsecured, before a DOC      yes             no             yes
    the ownership connection     no              yes            yes
    another secured session      no              no             no

`oxmsel` is the one property that is written before: a stranger may choose how it wants to prove
itself, and may not change its mind when it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from onboardee.svrdb.model import SECURITY_RESOURCES, Over, Permission, Right, Season, State

Rights = Mapping[str, Mapping[str, Right]]
"""By resource and property."""

Seasons = Mapping[str, Mapping[Permission, Season]]
"""By path and operation."""


@dataclass(frozen=True, slots=True)
class Standard:
    """The standard as which a request is written."""

    name: str
    rights: Rights
    seasons: Seasons
    has_mode_before_session: bool = False
    """The operation mode of pstat is chosen before there is a session."""
    key_block_size: int | None = None
    """Octets of the key block that the owner credential is made of; None: as the suite says."""


OCF: Final = Standard(
    "OCF",
    rights={each.name: each.rights for each in SECURITY_RESOURCES},
    seasons={each.href: each.seasons for each in SECURITY_RESOURCES},
)


def why_not_writable(  # noqa: PLR0913 - all but the first three are named
    resource: str,
    name: str,
    state: State,
    *,
    secured: bool,
    owns_transfer: bool,
    rights: Rights = OCF.rights,
) -> str | None:
    """Return None if the property may be written, otherwise the sentence that says why not.

    `resource` is a name as "doxm", `name` a property as on the wire. Whether the peer may write to
    the resource at all was decided by the gate; the sentence goes into a 4.00.

    >>> why_not_writable("doxm", "oxmsel", State.RFNOP, secured=True, owns_transfer=False)
    'oxmsel cannot be written in RFNOP'
    """
    right = rights[resource].get(name)
    if right is None:
        return f"{name} is read-only"
    if state not in right.states:
        return f"{name} cannot be written in {state.name}"
    is_right_connection = (owns_transfer and right.over is not Over.BEFORE_OWNERSHIP) or (
        not secured and right.over is not Over.OWNERSHIP
    )
    if state is State.RFOTM and not is_right_connection:
        return f"{name} is written over {right.over.value} only"
    return None
