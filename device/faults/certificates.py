"""The certificates that the effect `certificate` has a device show.

They are made, or read, before the device begins: what a recorded fault shows when it happens again
is what it showed the first time.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onboardee.device.faults.terms import Effect, Fault, FaultError
from onboardee.device.simulation.manufacturer import is_text
from onboardee.device.simulation.profile import Profile

if TYPE_CHECKING:
    from onboardee.pki.key_pairs import CertifiedKey


def prepared(fault: Fault, profile: Profile, folder: Path = Path()) -> Fault:
    """Return the fault with the certificate that it shows, as PEM text; others as they are.

    `folder` is where relative paths begin. A `kind` is made of the manufacturer's certificate of
    the profile. Raises `FaultError` if that is not possible.
    """
    if fault.do is not Effect.CERTIFICATE:
        return fault
    if fault.chain is not None and fault.key is not None:
        found = replace(fault, chain=_text(fault.chain, folder), key=_text(fault.key, folder))
        shown_by(found)
        return found
    return _made(fault, profile)


def shown_by(fault: Fault) -> "CertifiedKey":
    """Return what a prepared fault has the device show. Raises `FaultError`."""
    # 5 MB of memory that a device without certificates need not have
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    from onboardee.pki.certificate import read_pem  # noqa: PLC0415
    from onboardee.pki.key_pairs import CertifiedKey, load_private  # noqa: PLC0415

    try:
        chain = read_pem(fault.chain or "")
        key = load_private((fault.key or "").encode(), is_pem=True)
    except ValueError as error:
        raise FaultError(f"chain and key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FaultError("key: a device signs handshakes with a key on an elliptic curve")
    return CertifiedKey(tuple(each.der for each in chain), key)


def _text(value: str, folder: Path) -> str:
    if is_text(value):
        return value
    try:
        return (folder / value).read_text("ascii")
    except OSError as error:
        raise FaultError(f"cannot read {error.filename}: {error.strerror}") from error
    except ValueError as error:
        raise FaultError(f"{folder / value} is not PEM text") from error


def _made(fault: Fault, profile: Profile) -> Fault:
    from onboardee.pki.broken import BrokenError, broken, honest  # noqa: PLC0415 - as above

    assert fault.kind is not None, "a fault that shows a certificate has a kind or a chain"
    maker = profile.ownership.manufacturer
    if maker is None:
        raise FaultError("kind: the profile has no ownership.manufacturer to make a wrong one of")
    try:
        made = broken(fault.kind, honest(maker.chain, maker.key, maker.issuer_key))
    except BrokenError as error:
        hint = "; ownership.manufacturer.issuer_key is it" if maker.issuer_key is None else ""
        raise FaultError(f"kind: {error}{hint}") from error
    return replace(fault, chain=made.pem, key=made.key_pem)
