"""`/oic/sec/amacl`: the resources whose access a manager decides (OIC Security 1.1 13.6)."""

from onboardee.device.access.call import Call
from onboardee.device.access.target import AMACL, Kind, Target
from onboardee.device.interfaces import BASELINE
from onboardee.device.resources.base import ReadOnly, Representation
from onboardee.device.resources.legacy.forms import in_old_form


class AmaclResource(ReadOnly):
    """Always empty: the device asks no access manager, so that none can be appointed."""

    target = Target(href=AMACL, kind=Kind.SECURITY, types=("oic.r.amacl",), interfaces=(BASELINE,))

    def retrieve(self, call: Call) -> Representation:
        """Return the empty lists and who would own them: the owner of the access list."""
        owner = str(call.database.acl2.resource_owner)
        properties = {"resources": {"rlist": []}, "ams": [], "rowneruuid": owner}
        return in_old_form(self.target, properties)
