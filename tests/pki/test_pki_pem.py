"""PEM text and DER octets of certificates, in whatever they come."""

import time

import pytest

from onboardee.pki import issuing, pem

ROOT = issuing.root("one").certificate
OTHER = issuing.root("two").certificate


def test_there_and_back() -> None:
    """PEM text gives the octets that it was made from, with whatever else stands between."""
    text = f"subject=one\n{ROOT.pem}\r\n# and\n{OTHER.pem.replace(chr(10), chr(13) + chr(10))}"
    assert pem.from_pem(text) == (ROOT.der, OTHER.der)
    assert pem.to_pem([ROOT.der]) == ROOT.pem
    assert all(len(line) <= 64 for line in ROOT.pem.splitlines())


def test_the_old_name_of_a_certificate() -> None:
    """Programs of the last century wrote X509 CERTIFICATE (RFC 7468 5.1)."""
    old = ROOT.pem.replace("CERTIFICATE", "X509 CERTIFICATE")
    assert pem.from_pem(OTHER.pem + old) == (OTHER.der, ROOT.der)


def test_keys_are_passed_over() -> None:
    """A private key in the same text is no certificate, and harms none."""
    key = issuing.root().key_pem
    assert pem.from_pem(key + ROOT.pem + key) == (ROOT.der,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        issuing.root().key_pem,
        ROOT.pem.replace("END", "ENT"),
        ROOT.pem.replace("MII", "!II"),
        OTHER.pem + ROOT.pem.replace("MII", "M=I"),
        ROOT.pem.replace("-----END CERTIFICATE-----\n", "") + OTHER.pem,
    ],
)
def test_text_without_certificate(text: str) -> None:
    """Text that has none, or one that is cut off or not base64, is refused as a whole."""
    with pytest.raises(ValueError, match="PEM"):
        pem.from_pem(text)


def test_octets_one_behind_the_other() -> None:
    """DER values that follow each other are as many certificates."""
    assert pem.from_octets(ROOT.der + OTHER.der) == (ROOT.der, OTHER.der)
    assert pem.from_octets(ROOT.pem.encode()) == (ROOT.der,)
    assert pem.is_single(ROOT.der)
    assert not pem.is_single(ROOT.der + OTHER.der)
    for wrong in (b"", b"\x00", ROOT.der + b"\x00"):
        with pytest.raises(ValueError, match="DER"):
            pem.from_octets(wrong)


def test_much_text_costs_little() -> None:
    """A stranger's text of nothing but beginnings is read through once, not once for each."""
    begun = time.process_time()
    for line in ("-----BEGIN CERTIFICATE-----\n", "-----BEGIN X-----\n", "-----BEGIN "):
        with pytest.raises(ValueError, match="PEM"):
            pem.from_pem(line * 20000)
    assert time.process_time() - begun < 1
