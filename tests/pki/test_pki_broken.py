"""Wrong certificates: each is refused for its own defect, and for nothing else."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from onboardee.obt.anchors import TrustAnchors
from onboardee.obt.chain import check_identity, check_manufacturer
from onboardee.pki import issuing
from onboardee.pki.broken import BrokenError, Honest, broken, honest
from onboardee.pki.defects import NEED_ISSUER, Defect
from onboardee.wire.dtls import Alert

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DEVICE = UUID("99999999-2222-4333-8444-555555555555")
REASONS = {
    Defect.EXPIRED: "valid from 2024-01-01",
    Defect.NOT_YET_VALID: "is valid from 2123",
    Defect.WRONG_SIGNATURE: "not signed by the next one",
    Defect.WRONG_USAGE: "not for signing handshakes",
    Defect.WRONG_PURPOSE: "certificate is not for servers|no identity certificate",
    Defect.SELF_SIGNED: "leads to none of our trust anchors",
    Defect.OTHER_ROOT: "leads to none of our trust anchors",
    Defect.CHAIN_MISSING: "leads to none of our trust anchors",
    Defect.OTHER_CURVE: "on none of the curves",
    Defect.AUTHORITY: "is an authority's",
    Defect.UNKNOWN_CRITICAL: "critical extension that is unknown",
    Defect.SIGNED_BY_DEVICE: "signs certificates, but is no authority",
}
"""What a tool says that looks at a manufacturer's certificate, or at an identity."""


def laboratory(recipe: issuing.Recipe) -> tuple[Honest, TrustAnchors]:
    """Make a root, an intermediate and a leaf; return the chain and whoever trusts its root."""
    root = issuing.root()
    middle = root.issue(issuing.authority("middle", path_length=0))
    leaf = middle.issue(recipe)
    anchors = TrustAnchors.of(root.certificate.der, clock=lambda: NOW)
    return Honest(leaf.chain, leaf.key, middle.key), anchors


@pytest.mark.parametrize(("defect", "reason"), REASONS.items())
@pytest.mark.parametrize("kind", ["manufacturer", "identity"])
def test_a_sound_tool_sees_the_defect(defect: Defect, reason: str, kind: str) -> None:
    """The honest chain is believed, the one with the defect refused for that defect."""
    recipe = issuing.identity(DEVICE) if kind == "identity" else issuing.manufacturer()
    good, anchors = laboratory(recipe)

    def check(chain: tuple[bytes, ...]) -> None:
        if kind == "identity":
            check_identity(chain, anchors, DEVICE)
        else:
            check_manufacturer(chain, anchors)

    check(tuple(each.der for each in good.chain))
    made = broken(defect, good)
    assert made.chain[0].public_key() == made.key.public_key()
    with pytest.raises(Alert, match=reason):
        check(tuple(each.der for each in made.chain))


def test_an_identity_of_nobody() -> None:
    """A certificate without a device's name and OCF's purpose is no identity."""
    good, anchors = laboratory(issuing.identity(DEVICE))
    made = broken(Defect.NO_IDENTITY, good)
    with pytest.raises(Alert, match="no identity certificate"):
        check_identity(tuple(each.der for each in made.chain), anchors, DEVICE)


def test_a_chain_of_somebody_else() -> None:
    """The chain is the honest one, and the key is not that of its leaf."""
    good, _ = laboratory(issuing.manufacturer())
    made = broken(Defect.WRONG_KEY, good)
    assert made.chain == good.chain
    assert made.key.public_key() != good.leaf.public_key()


@pytest.mark.parametrize("defect", Defect)
def test_what_needs_the_issuer_says_so(defect: Defect) -> None:
    """Without the issuer's key what it would have to sign cannot be made; all else can."""
    good, _ = laboratory(issuing.manufacturer())
    alone = Honest(good.chain, good.key)
    if defect in NEED_ISSUER:
        with pytest.raises(BrokenError, match=f"{defect} needs the private key"):
            broken(defect, alone)
    else:
        broken(defect, alone)


def test_a_chain_of_one() -> None:
    """What has no intermediate certificate cannot miss it; and what is no PEM is said."""
    good, _ = laboratory(issuing.manufacturer())
    with pytest.raises(BrokenError, match="intermediate"):
        broken(Defect.CHAIN_MISSING, Honest(good.chain[:1], good.key))
    with pytest.raises(BrokenError, match="no certificate"):
        honest("nothing", "nothing")
