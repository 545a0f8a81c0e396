"""The secure virtual resources below `/oic/sec`."""

from device.clock import WallClock
from device.entropy import Entropy
from device.resources.base import Resource
from device.resources.secure.acl2 import Acl2Resource
from device.resources.secure.ael import AelResource
from device.resources.secure.cred import CredResource
from device.resources.secure.crl import CrlResource
from device.resources.secure.csr import CsrResource
from device.resources.secure.doxm import DoxmResource
from device.resources.secure.pstat import PstatResource
from device.resources.secure.roles import RolesResource
from device.resources.secure.sdi import SdiResource
from device.resources.secure.sp import SpResource
from device.security.audit import AuditLog
from device.security.roles import AssertedRoles


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
