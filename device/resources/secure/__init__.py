"""The secure virtual resources below `/oic/sec`."""

from onboardee.device.clock import WallClock
from onboardee.device.resources.base import Resource
from onboardee.device.resources.secure.acl2 import Acl2Resource
from onboardee.device.resources.secure.ael import AelResource
from onboardee.device.resources.secure.cred import CredResource
from onboardee.device.resources.secure.crl import CrlResource
from onboardee.device.resources.secure.csr import CsrResource
from onboardee.device.resources.secure.doxm import DoxmResource
from onboardee.device.resources.secure.pstat import PstatResource
from onboardee.device.resources.secure.roles import RolesResource
from onboardee.device.resources.secure.sdi import SdiResource
from onboardee.device.resources.secure.sp import SpResource
from onboardee.device.security.audit import AuditLog
from onboardee.device.security.roles import AssertedRoles
from onboardee.wire.entropy import Entropy


def secure_resources(
    entropy: Entropy, wall_clock: WallClock, asserted: AssertedRoles, audit: AuditLog
) -> list[Resource]:
    """Return one of each; `asserted` is where roles are found once they are asserted."""
    return [
        DoxmResource(),
        PstatResource(),
        Acl2Resource(),
        CredResource(),
        CsrResource(entropy),
        RolesResource(asserted, wall_clock),
        CrlResource(),
        AelResource(audit),
        SpResource(),
        SdiResource(),
    ]
