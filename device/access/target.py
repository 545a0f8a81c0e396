"""What the gate needs to know of a resource, and what a request wants of it."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from onboardee.svrdb.model import Permission

DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
ACL2: Final = "/oic/sec/acl2"
ACL: Final = "/oic/sec/acl"
AMACL: Final = "/oic/sec/amacl"
VER: Final = "/oic/sec/ver"
ROLES: Final = "/oic/sec/roles"


class Kind(Enum):
    """Classes of resources that the rules tell apart."""

    SECURITY = "security"
    """Secure virtual resources, `/oic/sec/*`."""
    CORE = "core"
    """The other device configuration resources: discovery, device, platform, maintenance."""
    APPLICATION = "application"
    """Everything else: what the device is for."""


class Operation(Enum):
    """What a request wants, with the permission that an access control entry must carry."""

    RETRIEVE = Permission.RETRIEVE
    OBSERVE = Permission.RETRIEVE | Permission.NOTIFY
    UPDATE = Permission.UPDATE | Permission.CREATE
    DELETE = Permission.DELETE


@dataclass(frozen=True, slots=True)
class Target:
    """A resource, as far as access to it is concerned."""

    href: str
    kind: Kind
    types: tuple[str, ...]
    interfaces: tuple[str, ...]
    discoverable: bool = True
    has_plain_endpoint: bool = False
