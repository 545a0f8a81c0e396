"""The security profiles of a device, and what each asks of its profile (OCF Security 14.8.3).

    profile    asks for
    --------   -----------------------------------------------------------------------------
    baseline   nothing more
    black      the transfer by a manufacturer's certificate that asserts it, and no Just Works
    blue       a manufacturer's certificate that asserts it, of a product on OCF's list
    purple     software updates; a manufacturer's certificate, if there is one, as for blue

What a program cannot see (storage of keys in hardware, secure boot, a registration) is the maker's
to assert in the certificate, and nobody's to check here.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from onboardee.device.simulation.section import MisplacedError
from onboardee.svrdb.model import PROFILE_NAMES, Sp

if TYPE_CHECKING:
    from onboardee.device.simulation.ownership_settings import OwnershipSettings


class SecurityProfile(StrEnum):
    """Security profiles by the names of their colours."""

    BASELINE = "baseline"
    BLACK = "black"
    BLUE = "blue"
    PURPLE = "purple"

    @property
    def oid(self) -> str:
        """The object identifier, as `/oic/sec/sp` has it."""
        return PROFILE_NAMES[self]


def sp_of(supported: Sequence[SecurityProfile]) -> Sp:
    """Return what `/oic/sec/sp` of a new device has; the first of its profiles is in force."""
    oids = tuple(each.oid for each in supported)
    return Sp(current=oids[0], supported=oids)


def check_security_profiles(ownership: "OwnershipSettings", *, has_updates: bool) -> None:
    """Raise `MisplacedError` for a security profile of which something is missing."""
    supported = ownership.security_profiles
    for place, each in enumerate(supported):
        if each in supported[:place]:
            sentence = f"{each} stands here twice"
        else:
            sentence = _why_not(each, ownership, has_updates=has_updates) or ""
        if sentence:
            raise MisplacedError(sentence, "ownership", "security_profiles", place)


def _why_not(
    profile: SecurityProfile, ownership: "OwnershipSettings", *, has_updates: bool
) -> str | None:
    """Say what a device lacks for a security profile; None if it has all that can be seen."""
    if profile is SecurityProfile.BASELINE:
        return None
    methods = {str(each) for each in ownership.methods}
    if profile is SecurityProfile.BLACK:
        if "mfgcert" not in methods:
            return "black needs the method mfgcert"
        if "jw" in methods:
            return "black forbids the method jw, which proves nothing"
    if profile is SecurityProfile.PURPLE and not has_updates:
        return "purple needs software_update"
    if ownership.manufacturer is None:
        return None if profile is SecurityProfile.PURPLE else f"{profile} needs a manufacturer"
    return _why_not_certified(profile, ownership.manufacturer.chain)


def _why_not_certified(profile: SecurityProfile, chain: str) -> str | None:
    """Say what a manufacturer's certificate does not assert."""
    # 5 MB of memory that a device without certificates need not have
    from onboardee.pki.certificate import read_pem  # noqa: PLC0415
    from onboardee.pki.compliance import has_attributes, profiles_in  # noqa: PLC0415

    leaf = read_pem(chain)[0]
    asserted = profiles_in(leaf)
    if profile.oid not in asserted:
        known = [name for name, oid in PROFILE_NAMES.items() if oid in asserted]
        what = f"only {', '.join(known)}" if known else "no security profile"
        return f"{profile} is not in the manufacturer's certificate, which asserts {what}"
    if profile is not SecurityProfile.BLACK and not has_attributes(leaf):
        return f"{profile} needs a certificate with the attributes of a certified product"
    return None
