"""The secure virtual resources below `/oic/sec`: their operations.

What each of them is, its properties, rights and names, stands in its descriptor (`svrdb/model`).
One that has no operations of its own here is served by `StoredResource`, and one that is optional
only where it has some.

Whether a request may reach an operation here, the gate has decided. Which property may be written
in which onboarding state, over which connection, `common.merged` asks of the table of rights. What
is left for these files is what the values mean: which entries, credentials and certificates make
sense, with the tolerance that deployed tools need. Everything that a peer can add to has a bound.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from onboardee.device.resources.base import Resource
from onboardee.device.resources.secure.acl2 import Acl2Resource
from onboardee.device.resources.secure.ael import AelResource
from onboardee.device.resources.secure.cred import CredResource
from onboardee.device.resources.secure.csr import CsrResource
from onboardee.device.resources.secure.doxm import DoxmResource
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.device.resources.secure.roles import RolesResource
from onboardee.device.resources.secure.stored import (
    CrlResource,
    SdiResource,
    SpResource,
    StoredResource,
    check_crl,
    check_sdi,
    check_sp,
)
from onboardee.device.security.asserted_roles import AssertedRoles
from onboardee.device.security.audit_log import AuditLog
from onboardee.svrdb.model import CRL, SDI, SECURITY_RESOURCES, SP
from onboardee.wire.coap import Code
from onboardee.wire.entropy import Entropy
from onboardee.wire.wall_clock import WallClock

if TYPE_CHECKING:
    from onboardee.device.security.direct_pairing import DirectPairing


def secure_resources(
    entropy: Entropy,
    wall_clock: WallClock,
    asserted: AssertedRoles,
    audit: AuditLog,
    optional: Mapping[str, Resource] = MappingProxyType({}),
) -> list[Resource]:
    """Return one of each; `asserted` is where roles are found once they are asserted.

    `optional` has those that the profile asks for, by name.
    """
    own: Mapping[str, Resource] = {
        "doxm": DoxmResource(),
        "pstat": PstatResource(),
        "acl2": Acl2Resource(),
        "cred": CredResource(),
        "csr": CsrResource(entropy),
        "roles": RolesResource(asserted, wall_clock),
        "crl": CrlResource(CRL, check_crl),
        "ael": AelResource(audit),
        "sp": SpResource(SP, check_sp),
        "sdi": SdiResource(SDI, check_sdi),
        **optional,
    }
    return [
        own.get(each.name) or StoredResource(each)
        for each in SECURITY_RESOURCES
        if each.name in own or not each.is_optional
    ]


def sharing_resources(
    limit: int, date: Callable[[], datetime] | None = None
) -> dict[str, Resource]:
    """Return those of multiple ownership by name, for so many sub-owners; `date` as for pstat."""
    # few devices have them
    from onboardee.device.resources.secure import sharing  # noqa: PLC0415

    return {
        "doxm": sharing.SharedDoxmResource(limit),
        "pstat": sharing.SharedPstatResource(date),
        "cred": sharing.SharedCredResource(),
        "acl2": sharing.SharedAcl2Resource(),
    }


def pairing_resources(pairings: "DirectPairing", changed: Code) -> dict[str, Resource]:
    """Return those of Direct Pairing by name; `changed` is the code of an answer to a POST."""
    # few devices have them
    from onboardee.device.resources.secure.dpairing import DpairingResource  # noqa: PLC0415
    from onboardee.device.resources.secure.pconf import PconfResource  # noqa: PLC0415

    return {
        "pconf": PconfResource(pairings.settings, changed=changed),
        "dpairing": DpairingResource(pairings, changed=changed),
    }
