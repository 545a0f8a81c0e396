"""`/oic/sec/crl`: certificates that their issuer withdrew (OCF Security 13.4).

One list, of one issuer, DER in base64 as OCF has it. A list that cannot be read revokes nothing;
`svr check` says so. In which states it may be written could not be read in the specification; it
follows cred.
"""

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
    """Revoked certificates, `/oic/sec/crl`: base64 text of the list's DER.

    `number` (`crlid`) and `updated` (`thisupdate`) are what the tool wrote beside it. No data means
    that nothing is revoked.
    """

    number: Number = 0
    updated: str = ""
    data: str = ""


CRL: Final = SecurityResource(
    name="crl",
    title="Revoked certificates",
    model=Crl,
    rights={"crlid": IN_PROVISIONING, "thisupdate": IN_PROVISIONING, "crldata": IN_PROVISIONING},
)
