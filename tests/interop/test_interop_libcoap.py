"""libcoap's command line client, where it is installed (Debian: libcoap3-bin)."""

import shutil
import subprocess

import pytest
from interop_support import IDENTITY, KEY, running_light

CBOR = "60"  # libcoap knows no OCF options; with plain CBOR the device sends none
SECURED = next(
    (name for name in ("coap-client-openssl", "coap-client-gnutls") if shutil.which(name)), None
)
PLAIN = shutil.which("coap-client-notls") or SECURED
pytestmark = [
    pytest.mark.libcoap,
    pytest.mark.skipif(PLAIN is None, reason="libcoap3-bin is not installed"),
]


def coap_client(program: str, *arguments: str, body: bytes = b"") -> bytes:
    """Run the client, return what it printed."""
    finished = subprocess.run(
        [program, "-B", "5", *arguments], input=body, capture_output=True, timeout=20, check=False
    )
    return finished.stdout + finished.stderr


def test_plain_client_reads_the_description() -> None:
    """An unsecured GET of /oic/d shows the device's name."""
    with running_light(owned=False) as light:
        url = f"coap://127.0.0.1:{light.plain_port}/oic/d"
        printed = coap_client(str(PLAIN), "-A", CBOR, "-m", "get", url)
    assert b"Light" in printed
    assert b"ocf.2.2.5" in printed


def test_plain_client_gathers_blocks() -> None:
    """A link list of several blocks arrives whole."""
    with running_light(owned=False) as light:
        url = f"coap://127.0.0.1:{light.plain_port}/oic/res"
        printed = coap_client(str(PLAIN), "-A", CBOR, "-m", "get", url)
    assert b"/oic/p" in printed
    assert b"/light/colour" in printed


def test_plain_client_is_refused_the_credentials() -> None:
    """Unsecured, the credentials are not for reading."""
    with running_light(owned=True) as light:
        url = f"coap://127.0.0.1:{light.plain_port}/oic/sec/cred"
        assert b"4.01" in coap_client(str(PLAIN), "-A", CBOR, "-m", "get", url)


@pytest.mark.skipif(SECURED is None, reason="libcoap3-bin has no DTLS client")
def test_secured_client_reads_the_light() -> None:
    """With the owner credential the light is read over DTLS."""
    with running_light(owned=True) as light:
        url = f"coaps://127.0.0.1:{light.secure_port}/light/switch"
        printed = coap_client(
            str(SECURED), "-u", IDENTITY, "-k", KEY.decode(), "-A", CBOR, "-m", "get", url
        )
    assert b"value" in printed
