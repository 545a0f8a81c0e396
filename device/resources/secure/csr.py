"""`/oic/sec/csr`: a request that an authority can make the device's certificate from.

The tool reads the request, has an authority sign a certificate, and writes that to cred without a
private key. The key pair is made at the first reading and stored before
the answer leaves: a certificate for a key that a power cut has taken would be of no use. A factory
reset makes another key pair.
"""

from msgspec.structs import replace

from onboardee.device.access.call import Call
from onboardee.device.resources.base import Outcome, ReadOnly, with_common
from onboardee.device.resources.secure.common import target
from onboardee.device.security import device_certificates
from onboardee.svrdb.model import Encoding
from onboardee.wire.coap import Code
from onboardee.wire.entropy import Entropy


class CsrResource(ReadOnly):
    """A certificate signing request (PKCS #10) for the device's own key pair."""

    target = target("csr")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy

    def retrieve(self, call: Call) -> Outcome:
        """Return the request; the first one makes the key pair, which is durable before it.

        The body is `{"csr": PEM text, "encoding": "oic.sec.encoding.pem"}`. Reading changes the
        database once, hence an `Outcome`.
        """
        database = call.database
        if not database.identity_key.data:
            curve = device_certificates.curves_of(database)[0]
            key = device_certificates.new_key(self._entropy, curve)
            database = replace(database, identity_key=key)
        text = device_certificates.make_request(database)
        return Outcome(
            code=Code.CONTENT,
            body=with_common(call, self.target, {"csr": text, "encoding": str(Encoding.PEM)}),
            database=None if database is call.database else database,
        )
