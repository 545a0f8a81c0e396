"""Certificates on both sides: Mbed TLS and OpenSSL as clients of a whole device."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import cbor2
import pytest
from aiocoap.numbers.codes import Code
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from interop_support import OWNER, RunningLight, mbedtls_session, running_light
from null_certificates import null_authority, null_issue, null_root
from test_interop_mbedtls import MbedTlsClient

from onboardee.device.events import HandshakeRefused, SessionOpened
from onboardee.pki import issuing
from onboardee.svrdb.model import (
    Credential,
    CredentialType,
    CredentialUsage,
    PrivateData,
    PublicData,
)
from onboardee.svrdb.model import Encoding as SvrEncoding

tls = pytest.importorskip("mbedtls.tls")
exceptions = pytest.importorskip("mbedtls.exceptions")
mbedtls_x509 = pytest.importorskip("mbedtls.x509")
mbedtls_pk = pytest.importorskip("mbedtls.pk")
pytestmark = pytest.mark.mbedtls

ROOT = issuing.root()
MIDDLE = ROOT.issue(issuing.authority("middle", path_length=0))
OWNERS = MIDDLE.issue(issuing.identity(OWNER))
OTHER = UUID("99999999-2222-4333-8444-555555555555")
DEVICE = MIDDLE.issue(issuing.identity(OTHER))
OPENSSL = shutil.which("openssl")


def credential(credid: int, usage: CredentialUsage, **parts: Any) -> Credential:
    """Make a certificate credential."""
    kind = CredentialType.CERTIFICATE
    return Credential(credid=credid, kind=kind, subject="*", usage=usage, **parts)


def credentials(root: issuing.Issued, device: issuing.Issued) -> tuple[Credential, ...]:
    """Make a trust anchor and the device's own certificate."""
    own = PrivateData(data=device.key_pem.encode(), encoding=SvrEncoding.PEM)
    return (
        credential(2, CredentialUsage.TRUST_ANCHOR, public=PublicData(data=root.pem)),
        credential(3, CredentialUsage.IDENTITY, public=PublicData(data=device.pem), private=own),
    )


CREDENTIALS = credentials(ROOT, DEVICE)


NULL_ROOT = null_root()
NULL_MIDDLE = null_authority(NULL_ROOT)
NULL_OWNERS = null_issue(NULL_MIDDLE, issuing.identity(OWNER))
NULL_DEVICE = null_issue(
    NULL_MIDDLE, issuing.identity(UUID("99999999-2222-4333-8444-555555555555"))
)


@contextmanager
def session(light: RunningLight, who: issuing.Issued) -> Iterator[MbedTlsClient]:
    """Open a DTLS session in which Mbed TLS verifies the device and shows a certificate."""
    store = tls.TrustStore()
    for each in (ROOT, NULL_ROOT):
        store.add(mbedtls_x509.CRT.from_DER(each.certificate.der))
    key = who.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    chain = tuple(mbedtls_x509.CRT.from_DER(der) for der in who.certified_key.chain)
    configuration = tls.DTLSConfiguration(
        trust_store=store,
        certificate_chain=(chain, mbedtls_pk.ECC.from_DER(key)),
        ciphers=["TLS-ECDHE-ECDSA-WITH-AES-128-CCM-8"],
        lowest_supported_version=tls.DTLSVersion.DTLSv1_2,
        validate_certificates=True,
    )
    with mbedtls_session(configuration, light.secure_port) as wrapped:
        yield MbedTlsClient(wrapped)


def test_mbedtls_and_the_device_verify_each_other() -> None:
    """The owner is known by its certificate and switches the light."""
    with (
        running_light(owned=True, credentials=CREDENTIALS) as light,
        session(light, OWNERS) as client,
    ):
        assert client.request(Code.POST, "/light/switch", {"value": True}).code == Code.CHANGED
        answer = client.request(Code.GET, "/light/switch")
        opened = [event for event in light.events if isinstance(event, SessionOpened)]
    assert cbor2.loads(answer.payload) == {"value": True}
    assert [event.identity for event in opened] == [str(OWNER)]


def test_mbedtls_and_the_device_show_null_parameters() -> None:
    """Chains that are written as Mbed TLS once did are believed on both sides."""
    known = credentials(NULL_ROOT, NULL_DEVICE)
    with (
        running_light(owned=True, credentials=known) as light,
        session(light, NULL_OWNERS) as client,
    ):
        assert client.request(Code.GET, "/light/switch").code == Code.CONTENT
        opened = [event for event in light.events if isinstance(event, SessionOpened)]
    assert [event.identity for event in opened] == [str(OWNER)]


def test_mbedtls_with_a_strangers_certificate_is_refused() -> None:
    """A certificate of another root gets no session."""
    stranger = issuing.root("other").issue(issuing.identity(OWNER))
    with (
        running_light(owned=True, credentials=CREDENTIALS) as light,
        pytest.raises((exceptions.TLSError, OSError)),
        session(light, stranger),
    ):
        pytest.fail("the handshake must not succeed")
    # the device answers before it tells; it has told all when it has stopped
    refused = [event for event in light.events if isinstance(event, HandshakeRefused)]
    assert [event.alert for event in refused] == ["unknown_ca"]


@pytest.mark.skipif(OPENSSL is None, reason="needs the openssl command")
def test_openssl_and_the_device_verify_each_other(tmp_path: Path) -> None:
    """OpenSSL's client verifies the device's chain and is known by its own."""
    for name, text in (("root", ROOT.pem), ("chain", OWNERS.pem), ("key", OWNERS.key_pem)):
        (tmp_path / f"{name}.pem").write_text(text)
    with running_light(owned=True, credentials=CREDENTIALS) as light:
        command = [
            *(str(OPENSSL), "s_client", "-dtls1_2", "-verify_return_error"),
            *("-connect", f"127.0.0.1:{light.secure_port}", "-CAfile", str(tmp_path / "root.pem")),
            *("-cert", str(tmp_path / "chain.pem"), "-cert_chain", str(tmp_path / "chain.pem")),
            *("-key", str(tmp_path / "key.pem")),
            *("-cipher", "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0"),
        ]
        finished = subprocess.run(
            command, input=b"Q\n", capture_output=True, timeout=20, check=False
        )
        opened = [event for event in light.events if isinstance(event, SessionOpened)]
    assert b"Verify return code: 0 (ok)" in finished.stdout
    assert [event.identity for event in opened] == [str(OWNER)]
