"""Certificates that are wrong in one thing each, for tools that have to refuse them.

A wrong certificate is made of an honest one: the same names, the same purposes, the same issuer,
and one defect. So whoever refuses it has seen that defect, and not another root or another name.
Some defects need the key of the issuer, as the certificate has to be signed anew; the others are
made of the honest chain and its key alone (`defects.NEED_ISSUER`).

The defects are those that RFC 5280 6.1 and OCF Security 9.4.2 have whoever validates a chain look
for, and one of the handshake: a chain that is shown by somebody who has not its key (RFC 5246
7.4.3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from onboardee.pki.certificate import Certificate, common_names, read_der, read_pem
from onboardee.pki.defects import Defect
from onboardee.pki.issuing import LIFETIME, START, Issued, Recipe, authority, root
from onboardee.pki.key_pairs import load_ec, to_pem

DAY: Final = timedelta(days=1)
"""How long the certificate of a defect of time is valid."""
_USAGES: Final = ("digital_signature", "key_agreement", "key_cert_sign", "crl_sign")
"""The key usages that are taken over from the honest certificate."""


class BrokenError(ValueError):
    """A defect that cannot be made of this chain; the message says why."""


@dataclass(frozen=True)
class Honest:
    """A chain that is as it should be, of which wrong ones are made."""

    chain: tuple[Certificate, ...]
    """The leaf first, without the root."""
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    """The leaf's private key."""
    issuer_key: ec.EllipticCurvePrivateKey | None = field(default=None, repr=False)
    """The private key of who signed the leaf, where that is known."""

    @property
    def leaf(self) -> Certificate:
        """The end entity's certificate."""
        return self.chain[0]


def honest(chain: str, key: str, issuer_key: str | None = None) -> Honest:
    """Read an honest chain and its keys, PEM text all. Raises `BrokenError`.

    Without the issuer's key only those defects can be made that `defects.NEED_ISSUER` does not
    name.
    """
    try:
        signer = None if issuer_key is None else load_ec(issuer_key.encode(), is_pem=True)
        return Honest(read_pem(chain), load_ec(key.encode(), is_pem=True), signer)
    except ValueError as error:
        raise BrokenError(str(error)) from error


@dataclass(frozen=True)
class Broken:
    """A chain with a defect, and the key that goes with it."""

    chain: tuple[Certificate, ...]
    """The leaf first, as a handshake shows it (RFC 5246 7.4.2)."""
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The chain as PEM text."""
        return "".join(each.pem for each in self.chain)

    @property
    def key_pem(self) -> str:
        """The private key as PEM text."""
        return to_pem(self.key).decode("ascii")


def broken(defect: Defect, honest: Honest) -> Broken:
    """Return a chain with one defect. Raises `BrokenError`.

    The key may be another one than the honest: a certificate that is signed anew gets a new key.
    """
    change = _SIGNED_ANEW.get(defect)
    if change is None:
        return _MADE[defect](honest)
    if honest.issuer_key is None:
        raise BrokenError(f"{defect} needs the private key of who signed the certificate")
    recipe = change(_recipe_of(honest.leaf))
    key = ec.generate_private_key(recipe.curve)
    made = recipe.certificate(key.public_key(), honest.leaf.issuer, honest.issuer_key)
    return Broken((made, *honest.chain[1:]), key)


def _recipe_of(leaf: Certificate) -> Recipe:
    """Return what a certificate says, as far as it is of OCF's kind."""
    purposes, usage = leaf.extension(x509.ExtendedKeyUsage), leaf.extension(x509.KeyUsage)
    return Recipe(
        subject=next(iter(common_names(leaf.subject)), ""),
        purposes=() if purposes is None else tuple(purposes),
        usages=frozenset(name for name in _USAGES if usage is not None and getattr(usage, name)),
        start=leaf.start,
        end=leaf.end,
    )


def _expired(recipe: Recipe) -> Recipe:
    return replace(recipe, start=START, end=START + DAY)


def _not_yet_valid(recipe: Recipe) -> Recipe:
    """Move the validity to the last day that the authority itself is valid."""
    return replace(recipe, start=START + LIFETIME - DAY, end=START + LIFETIME)


def _wrong_usage(recipe: Recipe) -> Recipe:
    """Leave out the use to sign handshakes (RFC 5246 7.4.2)."""
    return replace(recipe, usages=frozenset({"key_agreement"}))


def _wrong_purpose(recipe: Recipe) -> Recipe:
    return replace(recipe, purposes=(ExtendedKeyUsageOID.CODE_SIGNING,))


def _no_identity(recipe: Recipe) -> Recipe:
    """Name nobody, and leave out the purpose of OCF's identities."""
    both = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
    return replace(recipe, subject="somebody", purposes=both)


def _other_curve(recipe: Recipe) -> Recipe:
    """Take a curve that OCF has no use for; the key is made on it."""
    return replace(recipe, curve=ec.SECP521R1())


def _authority(recipe: Recipe) -> Recipe:
    usages = recipe.usages | {"key_cert_sign", "crl_sign"}
    return replace(recipe, ca=True, usages=usages)


def _unknown_critical(recipe: Recipe) -> Recipe:
    return replace(recipe, has_unknown_critical=True)


_SIGNED_ANEW: Final[Mapping[Defect, Callable[[Recipe], Recipe]]] = {
    Defect.EXPIRED: _expired,
    Defect.NOT_YET_VALID: _not_yet_valid,
    Defect.WRONG_USAGE: _wrong_usage,
    Defect.WRONG_PURPOSE: _wrong_purpose,
    Defect.NO_IDENTITY: _no_identity,
    Defect.OTHER_CURVE: _other_curve,
    Defect.AUTHORITY: _authority,
    Defect.UNKNOWN_CRITICAL: _unknown_critical,
}
"""Those that the issuer of the honest certificate signs."""


def _wrong_signature(honest: Honest) -> Broken:
    """Change a bit of the signature, so that all else reads as before."""
    # the last octet of a certificate is the last one of the signature's second number
    octets = honest.leaf.der[:-1] + bytes((honest.leaf.der[-1] ^ 1,))
    return Broken((read_der(octets), *honest.chain[1:]), honest.key)


def _wrong_key(honest: Honest) -> Broken:
    """Show the honest chain with a key that it is not about."""
    return Broken(honest.chain, ec.generate_private_key(ec.SECP256R1()))


def _self_signed(honest: Honest) -> Broken:
    """Let the certificate be its own issuer, as one that nobody has looked at."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = _recipe_of(honest.leaf).certificate(key.public_key(), honest.leaf.subject, key)
    return Broken((made,), key)


def _other_root(honest: Honest) -> Broken:
    """Make the whole chain anew under a root of the same name, which nobody trusts."""
    top = honest.chain[-1]
    issuer = root(_named(top.issuer))
    above: list[Certificate] = []
    for each in reversed(honest.chain[1:]):
        issuer = issuer.issue(authority(_named(each.subject)))
        above.insert(0, issuer.certificate)
    made = issuer.issue(_recipe_of(honest.leaf))
    return Broken((made.certificate, *above), made.key)


def _named(name: x509.Name) -> str:
    """Return the common name in a name, "" if it has none."""
    return next(iter(common_names(name)), "")


def _chain_missing(honest: Honest) -> Broken:
    """Leave out what connects the certificate with its root."""
    if len(honest.chain) == 1:
        raise BrokenError("chain-missing needs a chain with an intermediate certificate")
    return Broken(honest.chain[:1], honest.key)


def _signed_by_device(honest: Honest) -> Broken:
    """Let the honest device sign, whose certificate does not make it an authority."""
    made = Issued(honest.leaf, honest.key).issue(_recipe_of(honest.leaf))
    return Broken((made.certificate, *honest.chain), made.key)


_MADE: Final[Mapping[Defect, Callable[[Honest], Broken]]] = {
    Defect.WRONG_SIGNATURE: _wrong_signature,
    Defect.WRONG_KEY: _wrong_key,
    Defect.SELF_SIGNED: _self_signed,
    Defect.OTHER_ROOT: _other_root,
    Defect.CHAIN_MISSING: _chain_missing,
    Defect.SIGNED_BY_DEVICE: _signed_by_device,
}
"""Those that are made of the honest chain and its key."""
