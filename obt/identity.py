"""Who the tool is in sessions with certificates, and whom it believes to be a device."""

from dataclasses import dataclass
from uuid import UUID

from device.dtls import Certificate
from obt.anchors import TrustAnchors


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity certificate for `uuid` with its key, and the anchors for those of devices.

    `obt.authority.Authority.issue` makes one.
    """

    uuid: UUID
    certificate: Certificate
    anchors: TrustAnchors
