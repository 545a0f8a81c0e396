"""The certificates that the effect `certificate` has a device show.

They are made, or read, before the device begins. A certificate that is signed has random octets
that no seed gives, and a file may change: what a recorded fault shows when it happens again has to
be what it showed the first time, so a prepared fault carries chain and key as PEM text, in the
recording as well. `ctl fault list` leaves both out.

Of a kind of defect the wrong certificate is made of the manufacturer's own, with the key of its
issuer where that is needed (`pki.broken`): a tool that trusts the laboratory's root has nothing to
complain of but the defect.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from onboardee.device.faults.checking import check
from onboardee.device.faults.terms import Effect, Fault, FaultError
from onboardee.device.simulation.faults import with_texts
from onboardee.device.simulation.profile import Profile

if TYPE_CHECKING:
    from onboardee.pki.key_pairs import CertifiedKey


def prepared(fault: Fault, profile: Profile, folder: Path = Path()) -> Fault:
    """Return the fault as the device gets it: checked, and with the certificate that it shows.

    `folder` is where relative paths begin. A `kind` is made of the manufacturer's certificate of
    the profile. Raises `FaultError` if it can never act on a device of this profile.
    """
    check(fault, profile.possible_faults)
    if fault.do is not Effect.CERTIFICATE:
        return fault
    if fault.chain is None:
        return _made(fault, profile)
    found = with_texts(fault, folder)
    shown_by(found)
    return found


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
        raise FaultError(str(error), "chain") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise FaultError("a device signs handshakes with a key on an elliptic curve", "key")
    return CertifiedKey(tuple(each.der for each in chain), key)


def _made(fault: Fault, profile: Profile) -> Fault:
    from onboardee.pki.broken import BrokenError, broken, honest  # noqa: PLC0415 - as above

    maker = profile.ownership.manufacturer
    assert fault.kind is not None, "a fault that shows a certificate has a kind or a chain"
    assert maker is not None, "`check` was asked before"
    try:
        made = broken(fault.kind, honest(maker.chain, maker.key, maker.issuer_key))
    except BrokenError as error:
        raise FaultError(str(error), "kind") from error
    return replace(fault, chain=made.pem, key=made.key_pem)
