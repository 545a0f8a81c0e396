"""`/oic/sec/csr`, `roles` and `dpairing`: made as they are asked for; nothing of them is kept.

The certificate signing request is made of the device's key pair and its `deviceuuid`, both of which
may change; a stored one would go stale. In RESET the pair is about to be replaced, and a
certificate issued for the old one would be useless: 5.03, come back later.

Roles are asserted by a peer for its session and end with it (OCF Security 10.4). A pairing is under
way for a minute or two, and what it leaves behind is in pconf, cred and acl2.
"""

from typing import Final

from onboardee.svrdb.model.resource import Permission, Season, SecurityResource, State

CSR: Final = SecurityResource(
    name="csr",
    title="Certificate signing request",
    seasons={
        Permission.RETRIEVE: Season(
            frozenset({State.RESET}), "5.03", "a reset makes another key pair"
        )
    },
)

ROLES: Final = SecurityResource(name="roles", title="Roles that the asking peer asserted")

DPAIRING: Final = SecurityResource(
    name="dpairing", title="Direct Pairing that is under way", is_optional=True
)
