"""What the maker of a device puts into it: a certificate chain, its key, its trust anchors.

The manufacturer certificate method (OCF Security 7.3.6) needs it: the device shows the chain in the
handshake, and the tool verifies it up to a root that it trusts. Files are read when the profile is
loaded, and checked then: a key that does not fit its certificate would fail in each handshake,
where nobody sees why.
"""

from pathlib import Path

import msgspec


class Manufacturer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manufacturer's certificate; each value is PEM text or the path of a file with it."""

    chain: str
    """The device's certificate first, then intermediates; the root may be left out.

    This and the others are PEM text, or paths of files relative to the profile.
    """
    key: str
    """Its private key on P-256 (or P-384, with that as `curve`), not encrypted."""
    trust: str | None = None
    """Trust anchors for other devices of the same kind of maker."""
    issuer_key: str | None = None
    """The private key of who signed the certificate, of which a fault makes wrong ones.

    For laboratories: `onboardee certs make` writes it as intermediate-key.pem.
    """

    def __repr__(self) -> str:
        return "<manufacturer certificate and key>"


def from_plgd(folder: Path) -> Manufacturer:
    """Read what plgd's certificate tool wrote: `mfgcrt.pem`, `mfgkey.pem` and `cloudca.pem`.

    Raises `OSError`, or `ValueError` as `loaded` does.
    """
    return loaded(Manufacturer(chain="mfgcrt.pem", key="mfgkey.pem", trust="cloudca.pem"), folder)


def is_text(value: str) -> bool:
    """Tell PEM text from a path.

    >>> is_text("certs/chain.pem")
    False
    """
    return "-----BEGIN" in value


def loaded(manufacturer: Manufacturer, folder: Path) -> Manufacturer:
    """Replace paths, relative to `folder`, by what is in the files.

    Raises `OSError`, or `ValueError` if key and certificate cannot be used together.
    """
    texts = {
        name: value if is_text(value) else (folder / value).read_text(encoding="ascii")
        for name, value in msgspec.structs.asdict(manufacturer).items()
        if value is not None
    }
    result = Manufacturer(**texts)
    _check(result)
    return result


def _check(manufacturer: Manufacturer) -> None:
    """Raise `ValueError` unless key and certificate fit, on a curve that a device may have."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.certificate import read_pem  # noqa: PLC0415
    from onboardee.pki.curves import Curve  # noqa: PLC0415
    from onboardee.pki.key_pairs import load_ec, load_private  # noqa: PLC0415

    try:
        leaf = read_pem(manufacturer.chain)[0].public_key()
        load_private(manufacturer.key.encode(), is_pem=True)
        if manufacturer.trust is not None:
            read_pem(manufacturer.trust)
    except ValueError as error:
        raise ValueError("the manufacturer's certificate or key is not unencrypted PEM") from error
    try:
        key = load_ec(manufacturer.key.encode(), is_pem=True, curves=(*Curve,))
    except ValueError as error:
        raise ValueError("the manufacturer's key is not on P-256 or P-384") from error
    if key.public_key() != leaf:
        raise ValueError("the manufacturer's key does not belong to the certificate")
    _check_issuer(manufacturer)


def _check_issuer(manufacturer: Manufacturer) -> None:
    """Require that the issuer's key is that of who signed the certificate, where that is there."""
    if manufacturer.issuer_key is None:
        return
    from onboardee.pki.certificate import read_pem  # noqa: PLC0415 - as above
    from onboardee.pki.curves import Curve  # noqa: PLC0415
    from onboardee.pki.key_pairs import load_ec  # noqa: PLC0415

    try:
        issuer = load_ec(manufacturer.issuer_key.encode(), is_pem=True, curves=(*Curve,))
    except ValueError as error:
        sentence = "issuer_key is no unencrypted PEM of a key on P-256 or P-384"
        raise ValueError(sentence) from error
    above = read_pem(manufacturer.chain)[1:2]
    if any(each.public_key() != issuer.public_key() for each in above):
        raise ValueError("issuer_key did not sign the manufacturer's certificate")
