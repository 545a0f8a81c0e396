"""`/oic/sec/crl`: certificates that their issuer withdrew (OCF Security 13.4)."""

from typing import Final

import msgspec

from onboardee.svrdb.model.numbers import Number
from onboardee.svrdb.model.resource import IN_PROVISIONING, SecurityResource


class Crl(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename={"number": "crlid", "updated": "thisupdate", "data": "crldata"},
):
    """Revoked certificates, `/oic/sec/crl`: base64 text of the list's DER."""

    number: Number = 0
    updated: str = ""
    data: str = ""


CRL: Final = SecurityResource(
    name="crl",
    title="Revoked certificates",
    model=Crl,
    rights={"crlid": IN_PROVISIONING, "thisupdate": IN_PROVISIONING, "crldata": IN_PROVISIONING},
)
