"""The habits of real onboarding tools, as far as a device can see them.

An order of messages says what a tool does, a style how it writes: options, lengths of maps, suites
and groups of a hello, which response codes it takes for success, which properties it adds to
everything. Devices have been written against those tools, and a device that works with one style
only has learnt a habit instead of the specification.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from onboardee.obt import cbor, model
from onboardee.obt.keys import PIN_LABEL
from onboardee.pki.curves import Curve, curve_of
from onboardee.pki.key_pairs import CertifiedKey
from onboardee.wire.coap import Code, ContentFormat, Method
from onboardee.wire.dtls import CipherSuite, ClientConfig, Renegotiation, VerifyChain
from onboardee.wire.dtls.numbers import (
    ECDSA_SECP256R1_SHA256,
    ECDSA_SECP384R1_SHA384,
    SECP256R1,
    SECP384R1,
)

VERSION_1_0_0: Final = 2048
"""OCF's content format version, as options 2049 and 2053 carry it (OCF Core 12.2.5)."""

COMMON_TYPES: Final = MappingProxyType(
    {
        model.DOXM: "oic.r.doxm",
        model.PSTAT: "oic.r.pstat",
        model.CRED: "oic.r.cred",
        model.ACL2: "oic.r.acl2",
    }
)
"""Resource types by path, for tools that write `rt` and `if` into updates."""

_MBEDTLS_SIGNATURES: Final = (0x0603, 0x0601, 0x0503, 0x0501, 0x0403, 0x0401)
"""The signature algorithms that mbedTLS offers, in its order (RFC 5246 7.4.1.4.1)."""


_CCM: Final = (
    CipherSuite.ECDHE_ECDSA_AES_128_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_128_CCM,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM_8,
    CipherSuite.ECDHE_ECDSA_AES_256_CCM,
)
"""The suites with certificates, in the order of IoTivity-Lite's tool."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a tool writes payloads, options and hellos, and which answers it takes for success.

    The default values are those of IoTivity-Lite's tool, of which the others differ. A style is a
    value: to imitate one more tool is to write down another, and to change nothing else.
    """

    encode: Callable[[cbor.Body], bytes]
    """How a payload becomes octets: lengths of maps and order of names."""
    changed: frozenset[Code]
    """The answers to an UPDATE that the tool takes for success."""
    hello: ClientConfig
    """What the anonymous handshake offers."""
    accept: int | None = ContentFormat.OCF_CBOR
    """The content format that answers are to have; None leaves the option out."""
    accept_version: int | None = VERSION_1_0_0
    """The version of it that the tool reads (option 2049)."""
    content_version: int | None = VERSION_1_0_0
    """The version of payloads that the tool sends (option 2053)."""
    content_format: int = ContentFormat.OCF_CBOR
    """What payloads are, in both directions."""
    is_old: bool = False
    """The tool follows OIC 1.1: it knows neither `dos` nor `acl2`, nor endpoints in links."""
    replaced: frozenset[str] = frozenset()
    """Resources that are updated with PUT."""
    is_oldest: bool = False
    """The devices are those of IoTivity 1.1.0.

    They end at a list where a rule names types or interfaces, show nobody their credentials and
    rules, and know no reset.
    """
    added: Mapping[str, cbor.Body] = field(default_factory=dict)
    """Properties by path that all updates of a resource carry."""
    common_properties: Mapping[str, str] = field(default_factory=dict)
    """Resource types by path: where given, updates carry `rt` and `if`."""
    certificate_suites: tuple[CipherSuite, ...] = _CCM
    """What is offered for a session with certificates."""
    needs_key_usage: bool = True
    """Manufacturers' certificates must have a key usage; those that IoTivity ships have none."""
    key_block_size: int | None = None
    """Octets of the key block that the owner credential is made of; None: as the suite says.

    IoTivity 1.2.1 takes 96 with each suite (KEY_BLOCK_LEN), which is right for CBC only.
    """
    pin_identity: bytes | None = None
    """The PSK identity of a Random PIN handshake; None for the tool's UUID."""

    def update_method(self, path: str) -> Method:
        """Return what an UPDATE of a resource is on the wire."""
        return Method.PUT if path in self.replaced else Method.POST

    def old_target(self, href: str) -> dict[str, Any]:
        """Return what a rule of OIC 1.1 is about."""
        return {"href": href, "rt": ["*"], "if": ["*"]} if not self.is_oldest else {"href": href}

    def payload(self, path: str, body: cbor.Body) -> bytes:
        """Encode the body of an UPDATE."""
        body = {**body, **self.added.get(path, {})}
        if path in self.common_properties:
            common = {"rt": [self.common_properties[path]], "if": ["oic.if.baseline"]}
            return self.encode({**body, **common})
        return self.encode(body)

    def pairwise_hello(self, identity: bytes, psk: Callable[[bytes], bytes | None]) -> ClientConfig:
        """Return what to offer for a session with a pairwise key."""
        suites = (CipherSuite.ECDHE_PSK_AES_128_CBC_SHA256,)
        return replace(self.hello, suites=suites, psk_identity=identity, psk=psk)

    def certificate_hello(
        self, verify: VerifyChain, certificate: CertifiedKey | None = None
    ) -> ClientConfig:
        """Return what to offer for a session with certificates.

        With a key on P-384 the suite with SHA-384 comes first, and both curves and hashes are
        offered, as a device on P-384 may have a manufacturer's certificate on P-256.
        """
        suites = self.certificate_suites
        hello = replace(self.hello, suites=suites, verify_server=verify, certificate=certificate)
        if certificate is None or curve_of(certificate.private_key) is not Curve.P384:
            return hello
        return replace(
            hello,
            suites=(CipherSuite.ECDHE_ECDSA_AES_256_GCM_SHA384, *suites),
            groups=(SECP384R1, SECP256R1),
            signature_algorithms=(ECDSA_SECP384R1_SHA384, ECDSA_SECP256R1_SHA256),
        )


_ANONYMOUS: Final = ClientConfig(
    suites=(CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,),
    groups=(SECP256R1, SECP384R1),
    signature_algorithms=_MBEDTLS_SIGNATURES,
)
"""The hello of Just Works, with mbedTLS as all but plgd's tool have it."""

LITE_STYLE: Final = Style(
    encode=cbor.encode_indefinite,
    changed=frozenset(code for code in Code if code.is_success),
    hello=_ANONYMOUS,
    pin_identity=PIN_LABEL,
)
"""IoTivity-Lite's onboarding tool."""

IOT2_STYLE: Final = Style(
    encode=cbor.encode,
    changed=frozenset({Code.CHANGED}),
    hello=replace(_ANONYMOUS, offer_encrypt_then_mac=True),
    common_properties=COMMON_TYPES,
    certificate_suites=_CCM[:2],
    needs_key_usage=False,
)
"""IoTivity 2.x's provisioning client."""

PLGD_STYLE: Final = Style(
    encode=cbor.encode_sorted,
    changed=frozenset({Code.CREATED, Code.VALID, Code.CHANGED}),
    hello=ClientConfig(
        suites=(CipherSuite.ECDH_ANON_AES_128_CBC_SHA256,),
        groups=(29, SECP256R1, SECP384R1),
        renegotiation=Renegotiation.EXTENSION,
        one_record_per_datagram=True,
    ),
    accept=None,
    accept_version=None,
    content_version=None,
    certificate_suites=_CCM[:2],
)
"""plgd's device client, which is in Go and has a DTLS of its own."""

OIC11_STYLE: Final = Style(
    encode=cbor.encode,
    changed=frozenset({Code.CHANGED}),
    hello=_ANONYMOUS,
    accept=ContentFormat.CBOR,
    accept_version=None,
    content_version=None,
    content_format=ContentFormat.CBOR,
    is_old=True,
    common_properties={**COMMON_TYPES, model.ACL: "oic.r.acl"},
    certificate_suites=_CCM[:2],
    needs_key_usage=False,
    key_block_size=96,
)
"""IoTivity 1.1.1 and 1.2.1, as far as a device can see it."""

OIC110_STYLE: Final = replace(
    OIC11_STYLE,
    changed=frozenset({Code.CREATED, Code.CHANGED, Code.CONTENT, Code.VALID}),
    replaced=frozenset({model.DOXM, model.PSTAT, model.CRED}),
    is_oldest=True,
    added={model.DOXM: {"dpc": False}},
    common_properties={},
)
"""IoTivity 1.1.0, which never takes a doxm without dpc for owned."""

PLAIN_STYLE: Final = Style(encode=cbor.encode, changed=frozenset({Code.CHANGED}), hello=_ANONYMOUS)
"""Nobody's habits: what the specification asks for."""
