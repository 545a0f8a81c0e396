"""`/oic/sec/ver`: the version of the security implementation, which IoTivity 1.1 and 1.2 ask."""

from onboardee.device.access.call import Call
from onboardee.device.access.target import VER, Kind, Target
from onboardee.device.interfaces import BASELINE
from onboardee.device.resources.base import ReadOnly, Representation
from onboardee.device.resources.legacy.forms import in_old_form


class VerResource(ReadOnly):
    """The security version. A tool reads it in the clear while it looks for devices."""

    target = Target(
        href=VER,
        kind=Kind.CORE,
        types=("oic.r.ver",),
        interfaces=(BASELINE,),
        has_plain_endpoint=True,
    )

    def __init__(self, version: str) -> None:
        self._version = version

    def retrieve(self, call: Call) -> Representation:
        """Return the version and whose it is."""
        device_uuid = str(call.database.doxm.device_uuid)
        return in_old_form(self.target, {"secv": self._version, "deviceuuid": device_uuid})
