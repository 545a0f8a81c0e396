"""Who the tool is in sessions with certificates, and whom it believes to be a device.

One identity is one role of the owner: the one that owns devices (DOTS), the one that gives them
credentials (CMS), the one that gives them rules (AMS), each with a UUID and a key of its own, so
that one that is lost does not bring the others with it.
"""

from dataclasses import dataclass
from uuid import UUID

from onboardee.obt.anchors import TrustAnchors
from onboardee.pki.key_pairs import CertifiedKey


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity certificate for `uuid` with its key, and the anchors for those of devices.

    `obt.authority.Authority.issue` makes one.
    """

    uuid: UUID
    certificate: CertifiedKey
    anchors: TrustAnchors
