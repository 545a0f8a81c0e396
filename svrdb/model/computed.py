"""`/oic/sec/csr` and `/oic/sec/roles`: made when they are asked for; nothing of them is kept."""

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
