"""Who the tool is in sessions with certificates, and whom it believes to be a device."""

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
