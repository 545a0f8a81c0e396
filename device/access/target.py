"""What the gate needs to know of a resource, and what a request wants of it.

Not the resource itself: the gate sees neither values nor operations, and a test of it needs no
device.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from onboardee.svrdb.model import Permission

RES: Final = "/oic/res"
DOXM: Final = "/oic/sec/doxm"
PSTAT: Final = "/oic/sec/pstat"
CRED: Final = "/oic/sec/cred"
ACL2: Final = "/oic/sec/acl2"
ACL: Final = "/oic/sec/acl"
AMACL: Final = "/oic/sec/amacl"
VER: Final = "/oic/sec/ver"
ROLES: Final = "/oic/sec/roles"
CSR: Final = "/oic/sec/csr"
SP: Final = "/oic/sec/sp"
CRL: Final = "/oic/sec/crl"
PCONF: Final = "/oic/sec/pconf"
DPAIRING: Final = "/oic/sec/dpairing"


class Kind(Enum):
    """Classes of resources that the rules tell apart (OCF Security 12).

    A new resource of a profile is APPLICATION, the class with the fewest rights.
    """

    SECURITY = "security"
    """Secure virtual resources, `/oic/sec/*`."""
    CORE = "core"
    """The other device configuration resources: discovery, device, platform, maintenance."""
    APPLICATION = "application"
    """Everything else: what the device is for."""


class Operation(Enum):
    """What a request wants, with the permission that an access control entry must carry.

    One of the bits is enough. Tools write either bit for a POST that updates, as IoTivity-Lite asks
    for either; one that creates needs the bit for it (OCF Security 12.2). An observation begins
    with reading, and needs the right to read or to be notified; reading alone needs the former.
    """

    RETRIEVE = Permission.RETRIEVE
    OBSERVE = Permission.RETRIEVE | Permission.NOTIFY
    UPDATE = Permission.UPDATE | Permission.CREATE
    CREATE = Permission.CREATE
    DELETE = Permission.DELETE


@dataclass(frozen=True, slots=True)
class Target:
    """A resource, as far as access to it is concerned.

    `href` is the path, `types` and `interfaces` are what filters of entries are compared with.
    `discoverable` is whether `/oic/res` lists it, `has_plain_endpoint` whether it is served without
    DTLS in RFNOP; doxm and pstat change that with the state (`facts.has_plain_endpoint`).
    """

    href: str
    kind: Kind
    types: tuple[str, ...]
    interfaces: tuple[str, ...]
    discoverable: bool = True
    has_plain_endpoint: bool = False
    open_in_rfotm: frozenset[Operation] = frozenset()
    """What anybody may do with it in the clear while the device waits for an owner."""
    tags: tuple[tuple[str, object], ...] = ()
    """What its links say of where it is and what it is for: names of parameters, and values."""
    is_explicit: bool = False
    """Where it is not discoverable: it is listed to who asks for its very type (OIC Core 1.1)."""
