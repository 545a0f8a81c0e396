"""`/oic/sec/crl`: certificates that their issuer withdrew (OCF Security 13.4)."""

import base64
from collections.abc import Mapping

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, ReadOnly, Representation, with_common
from onboardee.device.resources.secure.common import (
    bad_request,
    merged,
    require_short,
    target,
    wire,
)
from onboardee.wire.dtls import BadCertificate

MAX_DATA = 65536


class CrlResource(ReadOnly):
    """The list of revoked certificates, honoured from the next handshake on."""

    target = target("crl")

    def retrieve(self, call: Call) -> Representation:
        """Return crl."""
        return with_common(call, self.target, wire(call.database.crl))

    def update(self, call: Call, payload: Mapping[str, object]) -> Outcome:
        """Write the list, its number or its time; an empty list withdraws nothing."""
        data = payload.get("crldata")
        if isinstance(data, bytes):
            payload = {**payload, "crldata": base64.b64encode(data).decode()}
        crl = merged("crl", call.database.crl, payload, call)
        require_short("crl", [crl.updated])
        if len(crl.data) > MAX_DATA:
            raise bad_request(f"crl: crldata has at most {MAX_DATA} characters")
        if crl.data and crl.data != call.database.crl.data:
            _require_readable(crl.data)
        return Outcome(database=replace(call.database, crl=crl))


def _require_readable(data: str) -> None:
    # 5 MB of memory that a device without certificates need not have
    from onboardee.device.security import trust  # noqa: PLC0415

    try:
        trust.read_revocations(data)
    except BadCertificate as error:
        raise bad_request("crl: crldata is not the base64 text of a list in DER") from error
