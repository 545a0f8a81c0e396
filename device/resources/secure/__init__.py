"""The secure virtual resources below `/oic/sec`."""

from device.resources.base import Resource
from device.resources.secure.acl2 import Acl2Resource
from device.resources.secure.cred import CredResource
from device.resources.secure.doxm import DoxmResource
from device.resources.secure.pstat import PstatResource
from device.resources.secure.sdi import SdiResource
from device.resources.secure.sp import SpResource


def secure_resources() -> list[Resource]:
    """Return one of each."""
    return [
        DoxmResource(),
        PstatResource(),
        Acl2Resource(),
        CredResource(),
        SpResource(),
        SdiResource(),
    ]
